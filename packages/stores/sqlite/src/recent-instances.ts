import { deepFreeze, type InstanceAggregate, type Operation } from "@mcp-flowgate/core";
import { fromJsonText, toKey } from "./json-text.ts";
import { fromInstanceRow, fromOperationRow, type BatchRows, type InstanceRow } from "./rows.ts";

/**
 * Instances as this process last read or wrote them, so that the next step of one is not read from the file again.
 *
 * I1 It is told of every write inside the transaction that makes it, and forgets everything where a transaction or a
 *    part of it is undone, or another process has written (`CommitQueue.onDoubt`).
 * I2 What is given out is what the file's text says (S5), and frozen. Where a batch leaves open how an instance stands
 *    after it, the instance is forgotten and read again.
 */
export interface RecentInstances {
  /** By the key of the id. */
  get(key: string): InstanceAggregate | undefined;
  put(key: string, aggregate: InstanceAggregate): void;
  /** What a batch made of its instance; `changed` are the keys of all that it touched. */
  wrote(batch: BatchRows, changed: readonly string[]): void;
  clear(): void;
}

const MAX_INSTANCES = 1000;
/** Larger ones are read each time: they are few, and what reads them costs more than reading them. */
const MAX_TEXT = 65_536;

interface Kept {
  readonly aggregate: InstanceAggregate;
  /** The operation that began last, which an instance with a live one need not show. */
  readonly last: Operation | "none" | "unknown";
}

export function createRecentInstances(): RecentInstances {
  const kept = new Map<string, Kept>();
  const keep = (key: string, entry: Kept): void => {
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > MAX_INSTANCES) kept.delete(kept.keys().next().value ?? "");
  };
  return {
    get: (key) => kept.get(key)?.aggregate,
    put(key, read) {
      const aggregate = deepFreeze(read);
      const { instance, operation } = aggregate;
      const last = instance.operationId === undefined ? (operation ?? "none") : "unknown";
      keep(key, { aggregate, last });
    },
    wrote(batch, changed) {
      const { workflowId, instance } = batch;
      const before = batch.expect.absent === undefined ? kept.get(workflowId ?? "") : NOTHING;
      for (const key of changed) kept.delete(key);
      if (workflowId === undefined || instance === undefined || before === undefined) return;
      const after = afterBatch(before, batch, instance);
      if (after !== undefined) keep(workflowId, after);
    },
    clear: () => kept.clear(),
  };
}

/** What is there before the batch that begins an instance. */
const NOTHING: { readonly aggregate: Omit<InstanceAggregate, "instance">; readonly last: Kept["last"] } = {
  aggregate: { evidence: [], approvals: [], timers: [], signals: [] },
  last: "none",
};

function afterBatch(before: typeof NOTHING, batch: BatchRows, row: InstanceRow): Kept | undefined {
  const { aggregate } = before;
  if (batch.approvals.length > 0 || aggregate.approvals.length > 0 || batch.lateResults.length > 0)
    return undefined;
  if (row.body.length + row.context.length + row.input.length > MAX_TEXT) return undefined;
  const instance = deepFreeze(fromInstanceRow(row));
  const written = batch.operations.map((operation) => deepFreeze(fromOperationRow(operation)));
  const last = lastBegun(before.last, written);
  const operation =
    instance.operationId === undefined
      ? last
      : [...written, aggregate.operation, last].find((one) => isNamed(one, instance.operationId));
  if (operation === undefined || operation === "unknown") return undefined;
  const timers = batch.cancelTimers === "all" ? [] : without(aggregate.timers, batch.cancelTimers);
  const signals = without(aggregate.signals, batch.consumeSignals);
  const own = batch.signals.filter(({ workflowId }) => workflowId === batch.workflowId);
  // What is written again keeps its place among the others.
  if (isIn(timers, batch.timers) || isIn(signals, own)) return undefined;
  const rows = {
    instance,
    evidence: added(aggregate.evidence, batch.evidence),
    approvals: [],
    timers: added(timers, batch.timers),
    signals: added(signals, own),
  };
  return { aggregate: operation === "none" ? rows : { ...rows, operation }, last };
}

/** Later versions begin later. Of two operations at one version only the file knows which began last. */
function lastBegun(before: Kept["last"], written: readonly Operation[]): Kept["last"] {
  let last = before;
  for (const operation of written) {
    if (last === "none") last = operation;
    else if (last === "unknown") return last;
    else if (operation.id === last.id || operation.fromVersion > last.fromVersion) last = operation;
    else return "unknown";
  }
  return last;
}

function isNamed(operation: Kept["last"] | undefined, id: string | undefined): boolean {
  return typeof operation === "object" && operation.id === id;
}

function added<Row>(rows: readonly Row[], texts: readonly { readonly body: string }[]): readonly Row[] {
  return texts.length === 0
    ? rows
    : [...rows, ...texts.map(({ body }) => deepFreeze(fromJsonText<Row>(body)))];
}

function isIn(
  rows: readonly { readonly id: string }[],
  written: readonly { readonly id: string }[],
): boolean {
  return written.length > 0 && rows.some(({ id }) => written.some((row) => row.id === toKey(id)));
}

function without<Row extends { readonly id: string }>(
  rows: readonly Row[],
  keys: readonly string[],
): readonly Row[] {
  return keys.length === 0 ? rows : rows.filter(({ id }) => !keys.includes(toKey(id)));
}
