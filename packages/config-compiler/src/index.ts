export { createCompileCache } from "./cache/part.ts";
export type { CompileCache } from "./cache/part.ts";
export { compileConfig } from "./compile.ts";
export type { Compilation, CompileOptions } from "./compile.ts";
export type { CodeEntry, CodeTable, DiagnosticCode } from "./diagnostics/code-entry.ts";
export { DIAGNOSTIC_CODES } from "./diagnostics/codes.ts";
export { isOlderForm } from "./diagnostics/rewrite.ts";
export type { Rewrite, RewriteStep, SourceRange } from "./diagnostics/rewrite.ts";
export type {
  Duration,
  GatewayConfig,
  GatewayExecutor,
  GatewayGuard,
  GatewayReliability,
  Size,
} from "./generated/gateway-config.ts";
export { hashDefinition } from "./hash.ts";
export { capabilityFromTool, completeWrapped } from "./imported-tool.ts";
export type { ListedTool } from "./imported-tool.ts";
export type { SourceReader, ValueOrigin } from "./source/load.ts";
export { compareLock } from "./lock/compare-lock.ts";
export type { LockDifference, PartDifference } from "./lock/compare-lock.ts";
export { findTricks, showTricks, toLookalike } from "./lock/hidden-text.ts";
export type { TextTrick } from "./lock/hidden-text.ts";
export {
  LOCK_FILE_NAME,
  lockConnection,
  lockKey,
  lockTool,
  parseLockFile,
  renderLockFile,
} from "./lock/lock-file.ts";
export type { LockedConnection, LockedTool, LockFile } from "./lock/lock-file.ts";
export { renderDifferences, summarizeDifference } from "./lock/render-differences.ts";
export { nearest } from "@mcp-flowgate/json-schema";
export { explainPath } from "./schema/explain-path.ts";
export { SCHEMA_ID, toConfigSchema, toScenariosSchema } from "./schema/to-json-schema.ts";
export { readScenarios } from "./scenarios/read-scenarios.ts";
export type { ReadScenarios } from "./scenarios/read-scenarios.ts";
export type {
  Mock,
  MockAnswers,
  MockOutcome,
  Mocks,
  Scenario,
  ScenarioDecision,
  ScenarioExpectation,
  ScenarioFile,
  ScenarioPerson,
  ScenarioStep,
} from "./scenarios/scenario.ts";
export type { PolicyVerdict } from "./rules/policies.ts";
export { createStateGraph } from "./rules/state-graph.ts";
export type { Edge, EdgeKind, StateGraph } from "./rules/state-graph.ts";
export { CONFIG, DEFINITIONS } from "./schema/config.ts";
export { describeField, inlineYaml } from "./schema/describe-field.ts";
export type { Field, ObjectField, VariantsField } from "./schema/field.ts";
