import type { JsonObject } from "../json.ts";
import type { Principal } from "../principal.ts";

/** The taxonomy of events. The set is closed. */
export const AUDIT_EVENT_TYPES = [
  "server.initialized",
  "config.reloaded",
  "config.reload_failed",
  "capability.discovered",
  "capability.discovery_failed",
  "capability.changed",
  "capability.blocked",
  "connection.started",
  "connection.stopped",
  "connection.failed",
  "connection.operated",
  "workflow.started",
  "workflow.transitioned",
  "workflow.completed",
  "workflow.failed",
  "workflow.cancelled",
  "workflow.timed_out",
  "workflow.parked",
  "workflow.migrated",
  "transition.requested",
  "transition.rejected",
  "transition.branched",
  "guard.evaluated",
  "guard.rejected",
  "executor.started",
  "executor.succeeded",
  "executor.retrying",
  "executor.failed",
  "executor.unknown",
  "executor.recovered",
  "operation.fenced",
  "operation.probed",
  "operation.resolved",
  "fallback.selected",
  "circuit.opened",
  "circuit.closed",
  "chain.step",
  "chain.completed",
  "chain.failed",
  "sub_workflow.started",
  "sub_workflow.completed",
  "sub_workflow.failed",
  "approval.pending",
  "human.approval.requested",
  "human.approval.resolved",
  "human.approval.expired",
  "auth.rejected",
  "rate.limited",
  "audit.opened",
  "audit.checkpoint",
  "audit.rotated",
  "audit.lost",
] as const;

export type AuditEventType = (typeof AUDIT_EVENT_TYPES)[number];

/** What happened, before it gets its place in a chain. */
export interface AuditDraft {
  readonly type: AuditEventType;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly workflowId?: string;
  readonly definitionId?: string;
  readonly definitionHash?: string;
  readonly operationId?: string | undefined;
  readonly correlationId: string;
  readonly traceId?: string | undefined;
  readonly principal?: Pick<Principal, "subject" | "tenant" | "kind" | "via"> | undefined;
  readonly payload: JsonObject;
}

/**
 * Takes events in order. `append` resolves once they are as durable as the sink promises, and rejects with
 * `AUDIT_UNAVAILABLE` where they are not: whoever is about to cause an effect must then not cause it.
 */
export interface AuditSink {
  append(events: readonly AuditDraft[]): Promise<void>;
  close?(): Promise<void>;
}
