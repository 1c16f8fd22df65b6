export { createTestAuthority, type TestAuthority, type TestCertificate } from "./certificates.ts";
export { createCountingIds, nodeDigest } from "./deterministic-ids.ts";
export { createManualClock, settled } from "./manual-clock.ts";
export type { ManualClock } from "./manual-clock.ts";
export { createRecordingExecutor, failed, hangs, succeeded } from "./recording-executor.ts";
export type { RecordedCall, RecordingExecutor, Scripted } from "./recording-executor.ts";
export {
  buildCapability,
  buildChild,
  buildDefinition,
  buildEnd,
  buildHuman,
  buildMcp,
  buildNoop,
  buildPerson,
  buildPrincipal,
  buildState,
  buildTransition,
  buildWorkflow,
} from "./build-ir.ts";
export { createRecordingAudit, silentLog } from "./recording-audit.ts";
export type { RecordingAudit } from "./recording-audit.ts";
export {
  buildApproval,
  buildEvidence,
  buildInstance,
  buildOperation,
  buildSignal,
  buildTimer,
} from "./build-rows.ts";
export { buildContext, describeExecutorContract } from "./executor-contract.ts";
export type { ExecutorHarness } from "./executor-contract.ts";
export { describeSharedStateContract } from "./shared-state-contract.ts";
export type { SharedStateHarness } from "./shared-state-contract.ts";
export { describeStoreContract } from "./store-contract.ts";
export type { StoreHarness } from "./store-contract.ts";
export { arbitraryWorkflow, CHILD_ID, childWorkflow } from "./arbitrary-definition.ts";
export { arbitraryJson, arbitraryJsonObject, arbitraryText } from "./arbitrary-json.ts";
export { checkEngineModel } from "./engine-model.ts";
export type { ModelEngine, ModelProcess, ModelRun, ModelSnapshot, ModelSystem } from "./engine-model.ts";
export { startPostgres } from "./postgres-server.ts";
export type { PostgresServer, PostgresServerOptions } from "./postgres-server.ts";
export { connectToDatabase, createTestDatabase } from "./test-databases.ts";
export type { TestConnection } from "./test-databases.ts";
export { MODEL_OUTPUT_BYTES } from "./model-world.ts";
export { canGoOn, findViolations, readBlobs } from "./model-invariants.ts";
export type { Observed } from "./model-invariants.ts";
export { createInFlight } from "./in-flight.ts";
export type { InFlight } from "./in-flight.ts";
export { startNats, startRedis } from "./bus-servers.ts";
export type { BusServer } from "./bus-servers.ts";
