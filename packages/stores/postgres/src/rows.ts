import type {
  Approval,
  Batch,
  BatchExpectation,
  Definition,
  Evidence,
  InstanceBlob,
  Operation,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { fromJsonText, toJsonText } from "@mcp-flowgate/store-sql";
import { toBoundedKey, toKey } from "./keys.ts";

/**
 * A batch as text, made when `apply` is called: what the caller does to its objects afterwards changes nothing, and
 * nothing that cannot be written is found out about inside a transaction.
 */
export interface BatchRows {
  readonly expect: BatchExpectation;
  /** The instance whose rows the batch writes; its signals alone may be for others. */
  readonly workflowId: string | undefined;
  readonly definition:
    | { readonly hash: string; readonly id: string; readonly body: () => string }
    | undefined;
  readonly instance: InstanceRow | undefined;
  /** Those that end a claim before those that begin one, so that the index that upholds S3 never sees two. */
  readonly operations: readonly OperationRow[];
  readonly lateResults: readonly { readonly id: string; readonly lateResult: string }[];
  readonly blobs: readonly BlobRow[];
  readonly evidence: readonly ChildRow[];
  readonly timers: readonly (ChildRow & { readonly id: string; readonly dueAt: number })[];
  readonly cancelTimers: readonly string[] | "all";
  readonly approvals: readonly ApprovalRow[];
  readonly signals: readonly (ChildRow & { readonly id: string })[];
  readonly consumeSignals: readonly string[];
  readonly request: RequestRow | undefined;
  readonly countRates: readonly string[];
}

export type InstanceRow = {
  readonly id: string;
  readonly tenant: string;
  readonly owner: string;
  readonly definitionId: string;
  readonly definitionHash: string;
  readonly state: string;
  readonly status: string;
  readonly version: number;
  readonly fence: number;
  readonly claimant: string | null;
  readonly operationId: string | null;
  readonly createdAt: number;
  readonly purgeAt: number | null;
  readonly context: string;
  readonly input: string;
  readonly body: string;
};

export type OperationRow = {
  readonly id: string;
  readonly workflowId: string;
  readonly fromVersion: number;
  readonly status: Operation["status"];
  readonly deadlineAt: number;
  readonly nextAttemptAt: number | null;
  readonly body: string;
  readonly lateResult: string | null;
};

export type ChildRow = {
  readonly workflowId: string;
  readonly body: string;
};

export type BlobRow = ChildRow & {
  readonly sha256: string;
};

export type ApprovalRow = ChildRow & {
  readonly id: string;
  readonly tenant: string;
  readonly queue: string;
  readonly status: string;
  readonly revision: number;
  readonly requestedAt: number;
};

export type RequestRow = {
  readonly tenant: string;
  readonly principal: string;
  readonly key: string;
  readonly expiresAt: number;
  readonly body: string;
};

/** `terminalMs` is how long a terminal instance is kept that says nothing itself. */
export function toBatchRows(batch: Batch, terminalMs: number): BatchRows {
  const { definition } = batch;
  return {
    expect: batch.expect,
    workflowId: workflowOf(batch),
    definition: definition === undefined ? undefined : toDefinitionRow(definition),
    instance: batch.instance === undefined ? undefined : toInstanceRow(batch.instance, terminalMs),
    operations: lastById((batch.operations ?? []).map(toOperationRow)).sort(
      (left, right) => Number(isLiveOrFinal(left.status)) - Number(isLiveOrFinal(right.status)),
    ),
    lateResults: (batch.lateResults ?? []).map(({ operationId, result }) => ({
      id: toKey(operationId),
      lateResult: toJsonText(result),
    })),
    blobs: (batch.blobs ?? []).map(toBlobRow),
    evidence: (batch.evidence ?? []).map(toChildRow),
    timers: lastById(
      (batch.armTimers ?? []).map((timer) => ({
        id: toKey(timer.id),
        ...toChildRow(timer),
        dueAt: toTime(timer.dueAt),
      })),
    ),
    cancelTimers: batch.cancelTimers === "all" ? "all" : (batch.cancelTimers ?? []).map(toKey),
    approvals: lastById((batch.approvals ?? []).map(toApprovalRow)),
    signals: lastById(
      (batch.signals ?? []).map((signal) => ({ id: toKey(signal.id), ...toChildRow(signal) })),
    ),
    consumeSignals: (batch.consumeSignals ?? []).map(toKey),
    request: batch.request === undefined ? undefined : toRequestRow(batch.request),
    countRates: (batch.countRates ?? []).map(toBoundedKey),
  };
}

export function fromInstanceRow(row: Pick<InstanceRow, "body" | "context" | "input">): WorkflowInstance {
  return {
    ...fromJsonText<WorkflowInstance>(row.body),
    context: fromJsonText(row.context),
    input: fromJsonText(row.input),
  };
}

export function fromOperationRow(row: Pick<OperationRow, "body" | "lateResult">): Operation {
  const operation = fromJsonText<Operation>(row.body);
  return row.lateResult === null ? operation : { ...operation, lateResult: fromJsonText(row.lateResult) };
}

/** Who claims, as one column. */
export function toClaimant(claim: { readonly replica: string; readonly epoch: number }): string {
  return toKey(`${claim.epoch}:${claim.replica}`);
}

/** An operation of this status is the only one of its kind at its version (S3). */
export function isLiveOrFinal(status: string): boolean {
  return status === "running" || status === "waiting" || status === "unknown" || status === "committed";
}

/** Milliseconds as an integer column holds them. A fraction goes up, so that nothing is due early. */
export function toTime(ms: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(ms)));
}

/** One statement writes a row once: of several with one id, the last is what a batch means. */
function lastById<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function workflowOf(batch: Batch): string | undefined {
  const id =
    batch.expect.absent ??
    batch.expect.instance?.id ??
    batch.instance?.id ??
    batch.operations?.[0]?.workflowId ??
    batch.approvals?.[0]?.workflowId ??
    batch.signals?.[0]?.workflowId;
  return id === undefined ? undefined : toKey(id);
}

/** The text is only made where the definition is new. */
function toDefinitionRow(definition: Definition): NonNullable<BatchRows["definition"]> {
  return {
    hash: toKey(definition.hash),
    id: toBoundedKey(definition.ir.id),
    body: () => toJsonText(definition),
  };
}

function toInstanceRow(instance: WorkflowInstance, terminalMs: number): InstanceRow {
  const { context, input, ...rest } = instance;
  const purgeAt =
    instance.status === "terminal"
      ? toTime(instance.purgeAfter ?? (instance.terminalAt ?? instance.updatedAt) + terminalMs)
      : null;
  return {
    id: toKey(instance.id),
    tenant: toBoundedKey(instance.tenant),
    owner: toBoundedKey(instance.owner),
    definitionId: toBoundedKey(instance.definitionId),
    definitionHash: toKey(instance.definitionHash),
    state: toBoundedKey(instance.state),
    status: instance.status,
    version: instance.version,
    fence: instance.fence,
    claimant: instance.claim === undefined ? null : toClaimant(instance.claim),
    operationId: instance.operationId === undefined ? null : toKey(instance.operationId),
    createdAt: toTime(instance.createdAt),
    purgeAt,
    context: toJsonText(context),
    input: toJsonText(input),
    body: toJsonText(rest),
  };
}

function toOperationRow(operation: Operation): OperationRow {
  const { lateResult, ...rest } = operation;
  return {
    id: toKey(operation.id),
    workflowId: toKey(operation.workflowId),
    fromVersion: operation.fromVersion,
    status: operation.status,
    deadlineAt: toTime(operation.deadlineAt),
    nextAttemptAt: operation.nextAttemptAt === undefined ? null : toTime(operation.nextAttemptAt),
    body: toJsonText(rest),
    lateResult: lateResult === undefined ? null : toJsonText(lateResult),
  };
}

function toBlobRow({ workflowId, sha256, text }: InstanceBlob): BlobRow {
  return { workflowId: toKey(workflowId), sha256: toKey(sha256), body: text };
}

function toApprovalRow(approval: Approval): ApprovalRow {
  return {
    id: toKey(approval.id),
    ...toChildRow(approval),
    tenant: toBoundedKey(approval.tenant),
    queue: toBoundedKey(approval.queue),
    status: approval.status,
    revision: approval.revision,
    requestedAt: toTime(approval.requestedAt),
  };
}

function toRequestRow(request: RequestKey): RequestRow {
  return {
    tenant: toBoundedKey(request.tenant),
    principal: toBoundedKey(request.principal),
    key: toBoundedKey(request.key),
    expiresAt: toTime(request.expiresAt),
    body: toJsonText(request),
  };
}

function toChildRow(row: Approval | Evidence | Signal | Timer): ChildRow {
  return { workflowId: toKey(row.workflowId), body: toJsonText(row) };
}
