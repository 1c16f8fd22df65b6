import {
  ANONYMOUS,
  type Approval,
  type AuditDraft,
  type Batch,
  type Definition,
  type Operation,
  type Signal,
  type Timer,
  type WorkflowInstance,
} from "@mcp-flowgate/core";

export function instanceOf(id: string, more: Partial<WorkflowInstance> = {}): WorkflowInstance {
  return {
    id,
    tenant: "default",
    owner: "anonymous",
    definitionId: "deploy",
    definitionVersion: "1.0.0",
    definitionHash: "d".repeat(64),
    state: "draft",
    stateEnteredAt: 1,
    version: 0,
    status: "idle",
    context: {},
    input: {},
    output: null,
    startedBy: ANONYMOUS,
    fence: 0,
    chainDepth: 0,
    createdAt: 1,
    updatedAt: 1,
    ...more,
  };
}

export function operationOf(id: string, workflowId: string, more: Partial<Operation> = {}): Operation {
  return {
    id,
    workflowId,
    fromVersion: 0,
    fromState: "draft",
    slot: "submit",
    transition: "go",
    actor: ANONYMOUS,
    arguments: {},
    argumentsHash: "a".repeat(64),
    effect: "once",
    candidate: 0,
    attempt: 1,
    takeovers: 0,
    idempotencyKey: `${workflowId}.0.submit.${id}`,
    status: "running",
    fence: 1,
    correlationId: "cor_1",
    deadlineAt: Number.MAX_SAFE_INTEGER,
    startedAt: 1,
    ...more,
  };
}

export function timerOf(id: string, workflowId: string, dueAt: number): Timer {
  return { id, workflowId, kind: "state", dueAt, armedVersion: 0 };
}

export function signalOf(id: string, workflowId: string, payload: Signal["payload"] = {}): Signal {
  return { id, workflowId, kind: "cancel", payload, at: 1 };
}

export function approvalOf(id: string, workflowId: string, more: Partial<Approval> = {}): Approval {
  return {
    id,
    workflowId,
    tenant: "default",
    queue: "release",
    title: "Deploy",
    state: "draft",
    kind: "gate",
    transitions: ["go"],
    version: 0,
    subjectHash: "s".repeat(64),
    rule: { assignees: { roles: [], permissions: [] }, quorum: 1, allowRequester: false },
    requestedBy: ANONYMOUS,
    status: "pending",
    revision: 0,
    decisions: [],
    requestedAt: 1,
    expiresAt: Number.MAX_SAFE_INTEGER,
    ...more,
  };
}

export function eventOf(workflowId: string | undefined, more: Partial<AuditDraft> = {}): AuditDraft {
  return {
    type: "workflow.started",
    at: 1,
    ...(workflowId === undefined ? {} : { workflowId }),
    correlationId: "cor_1",
    payload: {},
    ...more,
  };
}

/** Only what a store looks at: it keeps definitions as they are. */
export function definitionOf(hash: string): Definition {
  return { hash, ir: { id: "deploy" } } as unknown as Definition;
}

/** The first batch of an instance. */
export function startOf(
  id: string,
  more: Partial<WorkflowInstance> = {},
  audit: readonly AuditDraft[] = [],
): Batch {
  return { expect: { absent: id }, instance: instanceOf(id, more), audit };
}

/** Moves an instance from `version` and `fence` one on. */
export function stepOf(id: string, version: number, fence: number, more: Partial<Batch> = {}): Batch {
  return {
    expect: { instance: { id, version, fence } },
    instance: instanceOf(id, { version: version + 1, fence: fence + 1 }),
    audit: [],
    ...more,
  };
}
