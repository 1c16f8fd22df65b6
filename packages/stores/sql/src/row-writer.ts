import type {
  Approval,
  Batch,
  Definition,
  Evidence,
  InstanceBlob,
  Operation,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { freezeJson, lookAtJson, toJsonText, writeAs, type Fidelity } from "./json-text.ts";
import {
  isLiveOrFinal,
  toTime,
  type ApprovalRow,
  type BatchRows,
  type BlobRow,
  type ChildRow,
  type InstanceRow,
  type OperationRow,
  type RequestRow,
  type StandingInstance,
} from "./rows.ts";

/** What the rows of two stores differ in. */
export interface RowForm {
  /** The key of an id or a hash. Different texts have different keys. */
  readonly toKey: (text: string) => string;
  /** The key of a name that callers choose, which can be long. */
  readonly toNameKey: (text: string) => string;
  /** Whether objects are frozen and kept beside their text (`is`). */
  readonly keepsObjects: boolean;
}

/** Makes rows of one form. It reads what it is given at once, so what the caller does to it afterwards changes nothing. */
export interface RowWriter {
  /** `terminalMs` is how long a terminal instance is kept that says nothing itself. */
  readonly toBatchRows: (batch: Batch, terminalMs: number) => BatchRows;
  readonly toStandingInstance: (instance: WorkflowInstance) => StandingInstance;
  /** Who claims, as one column. */
  readonly toClaimant: (claim: { readonly replica: string; readonly epoch: number }) => string;
}

/** A store makes one. */
export function createRowWriter(form: RowForm): RowWriter {
  const { toKey, toNameKey, keepsObjects } = form;
  const look = keepsObjects ? freezeJson : lookAtJson;
  const asIs = <Row>(fidelity: Fidelity, row: Row): Row | undefined =>
    keepsObjects && fidelity === "equal" ? row : undefined;

  const toClaimant: RowWriter["toClaimant"] = (claim) => toKey(`${claim.epoch}:${claim.replica}`);

  const toStandingInstance = (instance: WorkflowInstance): StandingInstance => ({
    tenant: toNameKey(instance.tenant),
    owner: toNameKey(instance.owner),
    definitionId: toNameKey(instance.definitionId),
    definitionHash: toKey(instance.definitionHash),
    version: instance.version,
    fence: instance.fence,
    claimant: instance.claim === undefined ? null : toClaimant(instance.claim),
    operationId: instance.operationId === undefined ? null : toKey(instance.operationId),
    createdAt: toTime(instance.createdAt),
  });

  const toInstanceRow = (instance: WorkflowInstance, terminalMs: number): InstanceRow => {
    const { context, input, ...rest } = instance;
    const fidelity = look(instance);
    const purgeAt =
      instance.status === "terminal"
        ? toTime(instance.purgeAfter ?? (instance.terminalAt ?? instance.updatedAt) + terminalMs)
        : null;
    return {
      id: toKey(instance.id),
      ...toStandingInstance(instance),
      state: toNameKey(instance.state),
      status: instance.status,
      purgeAt,
      context: writeAs(fidelity, context),
      input: writeAs(fidelity, input),
      body: writeAs(fidelity, rest),
      is: asIs(fidelity, instance),
    };
  };

  const toOperationRow = (operation: Operation): OperationRow => {
    const { lateResult, ...rest } = operation;
    const fidelity = look(operation);
    return {
      id: toKey(operation.id),
      workflowId: toKey(operation.workflowId),
      fromVersion: operation.fromVersion,
      status: operation.status,
      deadlineAt: toTime(operation.deadlineAt),
      nextAttemptAt: operation.nextAttemptAt === undefined ? null : toTime(operation.nextAttemptAt),
      body: writeAs(fidelity, rest),
      lateResult: lateResult === undefined ? null : writeAs(fidelity, lateResult),
      is: asIs(fidelity, operation),
    };
  };

  const toChildRow = <Row extends Approval | Evidence | Signal | Timer>(row: Row): ChildRow<Row> => {
    const fidelity = look(row);
    return { workflowId: toKey(row.workflowId), body: writeAs(fidelity, row), is: asIs(fidelity, row) };
  };

  const toApprovalRow = (approval: Approval): ApprovalRow => ({
    id: toKey(approval.id),
    ...toChildRow(approval),
    tenant: toNameKey(approval.tenant),
    queue: toNameKey(approval.queue),
    status: approval.status,
    revision: approval.revision,
    requestedAt: toTime(approval.requestedAt),
  });

  const toBlobRow = ({ workflowId, sha256, text }: InstanceBlob): BlobRow => ({
    workflowId: toKey(workflowId),
    sha256: toKey(sha256),
    body: text,
  });

  const toRequestRow = (request: RequestKey): RequestRow => ({
    tenant: toNameKey(request.tenant),
    principal: toNameKey(request.principal),
    key: toNameKey(request.key),
    expiresAt: toTime(request.expiresAt),
    body: toJsonText(request),
  });

  /** The text is only made where the definition is new. */
  const toDefinitionRow = (definition: Definition): NonNullable<BatchRows["definition"]> => ({
    hash: toKey(definition.hash),
    id: toNameKey(definition.ir.id),
    body: () => toJsonText(definition),
  });

  const toBatchRows: RowWriter["toBatchRows"] = (batch, terminalMs) => {
    const { definition } = batch;
    const workflowId = workflowOf(batch);
    return {
      expect: batch.expect,
      workflowId: workflowId === undefined ? undefined : toKey(workflowId),
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
      evidence: (batch.evidence ?? []).map((row) => toChildRow(row)),
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
      countRates: (batch.countRates ?? []).map(toNameKey),
    };
  };

  return { toBatchRows, toStandingInstance, toClaimant };
}

/** Of rows with one id the last is what a batch means, and a statement that writes several can write none of them twice. */
function lastById<Row extends { readonly id: string }>(rows: Row[]): Row[] {
  if (rows.length < 2) return rows;
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function workflowOf(batch: Batch): string | undefined {
  return (
    batch.expect.absent ??
    batch.expect.instance?.id ??
    batch.instance?.id ??
    batch.operations?.[0]?.workflowId ??
    batch.approvals?.[0]?.workflowId ??
    batch.signals?.[0]?.workflowId
  );
}
