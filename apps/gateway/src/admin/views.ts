import type { Approval, JsonObject, Operation, WorkflowInstance } from "@mcp-flowgate/core";
import { isKeptRef, type KeptRef } from "@mcp-flowgate/workflow-engine";

/** An approval as people see it: all that is needed to decide, times as ISO 8601. */
export function toApprovalView(approval: Approval): JsonObject {
  return {
    id: approval.id,
    status: approval.status,
    queue: approval.queue,
    title: approval.title,
    ...(approval.message === undefined ? {} : { message: approval.message }),
    ...(approval.form === undefined ? {} : { form: approval.form }),
    workflowId: approval.workflowId,
    state: approval.state,
    kind: approval.kind,
    transitions: approval.transitions,
    requestedBy: approval.requestedBy.subject,
    requestedAt: iso(approval.requestedAt),
    expiresAt: iso(approval.expiresAt),
    quorum: approval.rule.quorum,
    assignees: { roles: approval.rule.assignees.roles, permissions: approval.rule.assignees.permissions },
    decisions: approval.decisions.map((decision) => ({
      by: decision.approver.subject,
      via: decision.approver.via,
      decision: decision.decision,
      ...(decision.transition === undefined ? {} : { transition: decision.transition }),
      ...(decision.reason === undefined ? {} : { reason: decision.reason }),
      at: iso(decision.decidedAt),
    })),
  };
}

export function toInstanceView(instance: WorkflowInstance): JsonObject {
  return {
    id: instance.id,
    definitionId: instance.definitionId,
    definitionVersion: instance.definitionVersion,
    definitionHash: instance.definitionHash,
    state: instance.state,
    version: instance.version,
    status: instance.status,
    ...(instance.outcome === undefined ? {} : { outcome: instance.outcome }),
    owner: instance.owner,
    tenant: instance.tenant,
    createdAt: iso(instance.createdAt),
    updatedAt: iso(instance.updatedAt),
  };
}

/** One operation of an instance's journal: what ran, for whom, and what came of it. */
export function toJournalView(operation: Operation): JsonObject {
  const { error } = operation;
  return {
    id: operation.id,
    at: iso(operation.startedAt),
    slot: operation.slot,
    transition: operation.transition,
    by: operation.actor.subject,
    from: operation.fromState,
    ...(operation.toState === undefined ? {} : { to: operation.toState }),
    status: operation.status,
    ...(operation.attempt > 1 ? { attempt: operation.attempt } : {}),
    ...(operation.finishedAt === undefined ? {} : { tookMs: operation.finishedAt - operation.startedAt }),
    ...(operation.call === undefined ? {} : { executor: operation.call.kind }),
    idempotencyKey: operation.idempotencyKey,
    ...(isKeptRef(operation.result) ? { kept: keptView(operation.result) } : {}),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}

/** Of an output that is too large to be shown. */
function keptView({ $truncated: { bytes, sha256, preview } }: KeptRef): JsonObject {
  return { bytes, sha256, preview };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
