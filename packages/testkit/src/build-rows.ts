import type { Approval, Evidence, Operation, Signal, Timer, WorkflowInstance } from "@mcp-flowgate/core";
import { buildPrincipal } from "./build-ir.ts";

/** An idle instance at version 0, as a batch that starts one brings it. */
export function buildInstance(id: string, more: Partial<WorkflowInstance> = {}): WorkflowInstance {
  const startedBy = more.startedBy ?? buildPrincipal("agent");
  return {
    id,
    tenant: startedBy.tenant,
    owner: startedBy.subject,
    definitionId: "flow",
    definitionVersion: "1.0.0",
    definitionHash: "hash",
    state: "open",
    stateEnteredAt: 0,
    version: 0,
    status: "idle",
    context: {},
    input: {},
    output: null,
    startedBy,
    fence: 1,
    chainDepth: 0,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  };
}

export function buildOperation(id: string, workflowId: string, more: Partial<Operation> = {}): Operation {
  return {
    id,
    workflowId,
    fromVersion: 0,
    fromState: "open",
    slot: "submit",
    transition: "go",
    actor: buildPrincipal("agent"),
    arguments: {},
    argumentsHash: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    effect: "once",
    candidate: 0,
    attempt: 1,
    takeovers: 0,
    idempotencyKey: `${workflowId}.0.submit.44136fa355b3678a`,
    status: "running",
    fence: 1,
    correlationId: "cor",
    deadlineAt: Number.MAX_SAFE_INTEGER,
    startedAt: 0,
    ...more,
  };
}

export function buildEvidence(id: string, workflowId: string, more: Partial<Evidence> = {}): Evidence {
  return {
    id,
    workflowId,
    operationId: "op",
    ordinal: 0,
    version: 1,
    kind: "tested",
    actor: "agent",
    outcome: "success",
    summary: "all pass",
    at: 0,
    ...more,
  };
}

export function buildTimer(id: string, workflowId: string, dueAt: number, more: Partial<Timer> = {}): Timer {
  return { id, workflowId, kind: "state", dueAt, armedVersion: 0, ...more };
}

export function buildSignal(id: string, workflowId: string, more: Partial<Signal> = {}): Signal {
  return { id, workflowId, kind: "cancel", payload: {}, at: 0, ...more };
}

export function buildApproval(id: string, workflowId: string, more: Partial<Approval> = {}): Approval {
  return {
    id,
    workflowId,
    tenant: "default",
    queue: "approvals",
    title: "Please decide",
    state: "open",
    kind: "gate",
    transitions: ["go"],
    version: 0,
    subjectHash: "0",
    rule: { assignees: { roles: [], permissions: [] }, quorum: 1, allowRequester: false },
    requestedBy: buildPrincipal("agent"),
    status: "pending",
    revision: 1,
    decisions: [],
    requestedAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    ...more,
  };
}
