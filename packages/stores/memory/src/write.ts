import { deepFreeze, type Batch, type Operation } from "@mcp-flowgate/core";
import { isEnded, toEnded } from "./ended-rows.ts";
import { isLiveOrFinal, placeOf, requestId, rowsToWrite, type Rows } from "./memory-data.ts";
import { NO_ROWS, withoutRow, withRow, type WorkflowRows } from "./workflow-rows.ts";

const NONE: readonly never[] = [];

/** Rate windows are a day at most; what is older is forgotten. */
const RATE_MEMORY_MS = 86_400_000;

/** Writes the rows of a batch whose conditions hold. Synchronous: nobody sees half of it (S1). */
export function writeBatch(rows: Rows, workflowId: string | undefined, batch: Batch, now: number): void {
  const own = workflowId === undefined ? undefined : writeInstance(rows, workflowId, batch);
  if (own !== undefined) writeChildren(rows, own, batch);
  for (const { workflowId: owner, sha256, text } of batch.blobs ?? NONE) {
    const target = rowsToWrite(rows, owner);
    if (target === undefined || target.blobs.has(sha256)) continue;
    target.blobs = withRow(target.blobs, sha256, text);
    rows.blobSize += text.length;
  }
  for (const signal of batch.signals ?? NONE) {
    const target = rowsToWrite(rows, signal.workflowId);
    if (target === undefined) continue;
    target.signals = withRow(target.signals, signal.id, deepFreeze(signal));
    rows.signalled.add(signal.workflowId);
  }
  if (batch.request !== undefined) {
    forgetExpired(rows, now);
    rows.requests.delete(requestId(batch.request));
    rows.requests.set(requestId(batch.request), batch.request);
  }
  for (const key of batch.countRates ?? NONE) countRate(rows, key, now);
  if (own !== undefined && own.instance.status === "terminal") {
    const ended = toEnded(own, rows.texts);
    if (ended !== undefined) rows.workflows.set(own.instance.id, ended);
  }
}

/** Removes one instance and all that belongs to it. */
export function purge(rows: Rows, workflowId: string): void {
  const own = rows.workflows.get(workflowId);
  if (own === undefined) return;
  if (isEnded(own)) {
    for (const id of own.operationIds) rows.operationOwner.delete(id);
    rows.texts.giveBack(own.text);
  } else {
    for (const { id } of own.operations) rows.operationOwner.delete(id);
    for (const id of own.approvals.keys()) rows.approvalOwner.delete(id);
    for (const id of own.timers.keys()) rows.timerOwner.delete(id);
    rows.signalled.delete(workflowId);
  }
  rows.workflows.delete(workflowId);
  for (const text of own.blobs.values()) rows.blobSize -= text.length;
  unpin(rows, isEnded(own) ? own.definitionHash : own.instance.definitionHash);
}

function unpin(rows: Rows, hash: string): void {
  const pinned = rows.definitions.get(hash);
  if (pinned !== undefined && (pinned.pins -= 1) === 0) rows.definitions.delete(hash);
}

function writeInstance(rows: Rows, workflowId: string, batch: Batch): WorkflowRows | undefined {
  const present = rowsToWrite(rows, workflowId);
  const { instance } = batch;
  if (instance === undefined) return present;
  const own = present ?? {
    sequence: (rows.sequence += 1),
    instance,
    operations: [],
    live: [],
    evidence: [],
    timers: NO_ROWS,
    approvals: NO_ROWS,
    signals: NO_ROWS,
    blobs: NO_ROWS,
  };
  const before = present?.instance.definitionHash;
  const ends = instance.status === "terminal" && present?.instance.status !== "terminal";
  own.instance = deepFreeze(instance);
  if (present === undefined) rows.workflows.set(workflowId, own);
  if (before !== instance.definitionHash) {
    if (before !== undefined) unpin(rows, before);
    const pinned = rows.definitions.get(instance.definitionHash);
    if (pinned !== undefined) pinned.pins += 1;
    else if (batch.definition !== undefined) {
      rows.definitions.set(batch.definition.hash, { definition: deepFreeze(batch.definition), pins: 1 });
    }
  }
  if (ends) rows.terminal.push(workflowId);
  return own;
}

function writeChildren(rows: Rows, own: WorkflowRows, batch: Batch): void {
  for (const operation of batch.operations ?? NONE) writeOperation(rows, own, operation);
  for (const { operationId, result } of batch.lateResults ?? NONE) {
    const at = placeOf(own, operationId);
    if (at !== -1) own.operations[at] = deepFreeze({ ...own.operations[at]!, lateResult: result });
  }
  if (batch.evidence !== undefined) own.evidence = [...own.evidence, ...deepFreeze(batch.evidence)];
  const ended = batch.cancelTimers === "all" ? own.timers.keys() : (batch.cancelTimers ?? NONE);
  for (const id of ended) {
    own.timers = withoutRow(own.timers, id);
    rows.timerOwner.delete(id);
  }
  for (const timer of batch.armTimers ?? NONE) {
    own.timers = withRow(own.timers, timer.id, deepFreeze(timer));
    rows.timerOwner.set(timer.id, timer.workflowId);
    rows.timerQueue.push(timer.dueAt, timer.id);
  }
  for (const approval of batch.approvals ?? NONE) {
    own.approvals = withRow(own.approvals, approval.id, deepFreeze(approval));
    rows.approvalOwner.set(approval.id, approval.workflowId);
  }
  for (const id of batch.consumeSignals ?? NONE) own.signals = withoutRow(own.signals, id);
  if (batch.consumeSignals !== undefined && own.signals.size === 0) rows.signalled.delete(own.instance.id);
}

function writeOperation(rows: Rows, own: WorkflowRows, operation: Operation): void {
  const at = placeOf(own, operation.id);
  const before = at === -1 ? undefined : own.operations[at];
  if (before === undefined) {
    own.operations.push(deepFreeze(operation));
    rows.operationOwner.set(operation.id, operation.workflowId);
  } else own.operations[at] = deepFreeze(operation);
  if (isLiveOrFinal(operation)) own.live[operation.fromVersion] = operation.id;
  else if (own.live[operation.fromVersion] === operation.id) own.live[operation.fromVersion] = undefined;
  if (operation.status === "running") rows.running.add(operation.id);
  else if (before?.status === "running") rows.running.delete(operation.id);
  if (operation.status === "waiting" && operation.nextAttemptAt !== undefined) {
    rows.retryQueue.push(operation.nextAttemptAt, operation.id);
  }
}

function countRate(rows: Rows, key: string, now: number): void {
  const times = (rows.rates.get(key) ?? []).filter((time) => time > now - RATE_MEMORY_MS);
  times.push(now);
  rows.rates.set(key, times);
}

/** Keys are kept in the order of their making and live equally long, so the expired ones are in front. */
function forgetExpired(rows: Rows, now: number): void {
  for (const [id, request] of rows.requests) {
    if (request.expiresAt > now) return;
    rows.requests.delete(id);
  }
}
