export { canonicalJson } from "./canonical-json.ts";
export type { Diagnostic, SourcePlace } from "./diagnostic.ts";
export { ERROR_CLASSES, ERROR_CODES, FlowgateError } from "./errors.ts";
export type { ErrorClass, ErrorCode, FailureEffect } from "./errors.ts";
export { createRecord, deepFreeze, equalJson, getOwn, isJsonObject } from "./json.ts";
export type { Json, JsonObject } from "./json.ts";
export { parseJson, tryParseJson } from "./parse-json.ts";
export { createEgressPolicy, egressFault } from "./egress.ts";
export type { EgressIr, EgressPolicy } from "./egress.ts";
export { ANONYMOUS, DEFAULT_TENANT, SYSTEM } from "./principal.ts";
export type { CallerCredentials, Principal } from "./principal.ts";
export { err, ok } from "./result.ts";
export type { Result } from "./result.ts";

export type {
  CapabilityIr,
  CapabilitySource,
  ImportIr,
  OpenApiSourceIr,
  OperationIr,
} from "./ir/capability.ts";
export { DEFAULT_INHERIT_ENV } from "./ir/connection.ts";
export type {
  AuthIr,
  CliConnectionIr,
  ConnectionIr,
  HttpConnectionIr,
  McpHttpConnectionIr,
  McpStdioConnectionIr,
} from "./ir/connection.ts";
export type {
  CliExecutorIr,
  EffectClass,
  ExecutorIr,
  ExecutorKind,
  HttpExecutorIr,
  HumanExecutorIr,
  McpExecutorIr,
  NoopExecutorIr,
  ProbeIr,
  ThereVerb,
  WorkflowExecutorIr,
} from "./ir/executor.ts";
export type { EvidenceRequirement, GuardIr, Weekday } from "./ir/guard.ts";
export type {
  Approval,
  ApprovalDecision,
  ApprovalRule,
  ApprovalStatus,
  Evidence,
  InstanceStatus,
  Operation,
  OperationDecision,
  OperationError,
  OperationSlot,
  OperationStatus,
  RequestKey,
  Signal,
  Timer,
  TimerKind,
  WorkflowInstance,
} from "./ir/instance.ts";
export { DEFAULT_LIMITS } from "./ir/plan.ts";
export type {
  AuditIr,
  AuditSinkKind,
  ClusterIr,
  DiscoveryIr,
  EmbeddingsIr,
  GatewayPlan,
  LimitsIr,
  ServerIr,
  StoreIr,
  TelemetryIr,
} from "./ir/plan.ts";
export type { ReliabilityIr, RetryIr } from "./ir/reliability.ts";
export type {
  Actor,
  Definition,
  LinkFilter,
  OnEnterIr,
  OutputMapping,
  StateIr,
  TimeoutIr,
  TransitionIr,
  WorkflowIr,
} from "./ir/workflow.ts";

export { AUDIT_EVENT_TYPES } from "./ports/audit.ts";
export type { AuditDraft, AuditEventType, AuditSink } from "./ports/audit.ts";
export type { AuditFilter, AuditRows, StoredAudit } from "./ports/audit-rows.ts";
export { BUS_TEXT_BYTES } from "./ports/bus.ts";
export type { Bus, BusLink, BusLinkEvents, BusMessage, BusStatus, OpenBusLink } from "./ports/bus.ts";
export type { Clock } from "./ports/clock.ts";
export type {
  ApprovalDraft,
  CliArgument,
  CliCall,
  ConnectionDirectory,
  EvidenceDraft,
  Executor,
  ExecutorContext,
  ExecutorFailure,
  ExecutorFollowing,
  ExecutorOutcome,
  HttpCall,
  HumanCall,
  McpCall,
  NoopCall,
  ResolvedCall,
  WorkflowCall,
} from "./ports/executor.ts";
export type { Digest, IdPrefix, Ids } from "./ports/ids.ts";
export type { Log, LogFields } from "./ports/log.ts";
export type { SealPurge, SealTable, StoredCheckpoint, StoredRow } from "./ports/seal-table.ts";
export type { Decision, ReplicaInfo, SharedState, SharedView } from "./ports/shared-state.ts";
export type {
  ApplyResult,
  ApprovalFilter,
  Batch,
  BatchExpectation,
  DueWork,
  InstanceAggregate,
  InstanceBlob,
  InstanceFilter,
  Lease,
  Page,
  WorkflowStore,
} from "./ports/workflow-store.ts";
