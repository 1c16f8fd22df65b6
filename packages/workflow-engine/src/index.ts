export { mayCancel, mayResolve, maySee, PERMISSIONS } from "./access.ts";
export {
  capabilityDefinition,
  RUN,
  SESSION,
  sessionDefinition,
  toDefinition,
} from "./capability-definition.ts";
export { whyMayNotDecide } from "./decide.ts";
export type { DecisionRequest } from "./decide.ts";
export { createEngine } from "./engine.ts";
export type { Engine } from "./engine.ts";
export type { DefinitionDirectory, EngineOptions } from "./engine-options.ts";
export type {
  CallContext,
  CancelRequest,
  DecideRequest,
  ExplainRequest,
  ListApprovals,
  ListInstances,
  ListRequest,
  MigrateRequest,
  ResolveRequest,
  StartRequest,
  SubmitRequest,
} from "./engine-requests.ts";
export type { ExplainedReason, ExplainedTransition, Explanation } from "./explain.ts";
export { isKeptRef } from "./kept.ts";
export type { KeptRef } from "./kept.ts";
export type { EngineLimits } from "./limits.ts";
export { mermaid } from "./mermaid.ts";
export type { Refusal } from "./refusal.ts";
export { annotationsOf, goesOnThere, TAKE_UP } from "./relay-definition.ts";
export type { ApprovalRef, ChainStep, Link, Snapshot, SnapshotStatus } from "./snapshot.ts";
