import {
  deepFreeze,
  type Approval,
  type Evidence,
  type InstanceAggregate,
  type Operation,
  type Signal,
  type Timer,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import {
  fromInstanceRow,
  fromJsonText,
  fromOperationRow,
  type BatchRows,
  type InstanceRow,
  type OperationRow,
  type StandingInstance,
} from "@mcp-flowgate/store-sql";
import { toKey } from "./keys.ts";
import { toStandingInstance } from "./rows.ts";

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
  /** How it stands, without reading its text. */
  standing(key: string): StandingInstance | undefined;
  put(key: string, aggregate: InstanceAggregate): void;
  /** What a batch made of its instance; `changed` are the keys of all that it touched. */
  wrote(batch: BatchRows, changed: readonly string[]): void;
  clear(): void;
}

const MAX_INSTANCES = 1000;
/** Larger ones are read each time: they are few, and what reads them costs more than reading them. */
const MAX_TEXT = 65_536;

interface Kept {
  readonly standing: StandingInstance;
  readonly instance: Text<WorkflowInstance>;
  readonly operation: Begun | undefined;
  readonly evidence: readonly Text<Evidence>[];
  readonly approvals: readonly Approval[];
  readonly timers: readonly Named<Timer>[];
  readonly signals: readonly Named<Signal>[];
  /** The operation that began last, which an instance with a live one need not show. */
  readonly last: Begun | "none" | "unknown";
}

/** A row that is only read from its text once somebody wants it: of most, the next step writes another before that. */
interface Text<Row> {
  read(): Row;
}

interface Named<Row> extends Text<Row> {
  /** Its key. */
  readonly id: string;
}

interface Begun extends Named<Operation> {
  readonly fromVersion: number;
}

export function createRecentInstances(): RecentInstances {
  const kept = new Map<string, Kept>();
  const read = new WeakMap<Kept, InstanceAggregate>();
  const keep = (key: string, entry: Kept): void => {
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > MAX_INSTANCES) kept.delete(kept.keys().next().value ?? "");
  };
  return {
    get(key) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      const before = read.get(entry);
      if (before !== undefined) return before;
      const aggregate = toAggregate(entry);
      read.set(entry, aggregate);
      return aggregate;
    },
    standing: (key) => kept.get(key)?.standing,
    put(key, aggregate) {
      const entry = fromAggregate(deepFreeze(aggregate));
      read.set(entry, aggregate);
      keep(key, entry);
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

type Before = Omit<Kept, "standing" | "instance">;

/** What is there before the batch that begins an instance. */
const NOTHING: Before = {
  operation: undefined,
  evidence: [],
  approvals: [],
  timers: [],
  signals: [],
  last: "none",
};

function afterBatch(before: Before, batch: BatchRows, row: InstanceRow): Kept | undefined {
  if (batch.approvals.length > 0 || before.approvals.length > 0 || batch.lateResults.length > 0)
    return undefined;
  if (row.body.length + row.context.length + row.input.length > MAX_TEXT) return undefined;
  const written = batch.operations.map(toBegun);
  const last = lastBegun(before.last, written);
  const operation =
    row.operationId === null
      ? last
      : [...written, before.operation, last].find((one) => isNamed(one, row.operationId));
  if (operation === undefined || operation === "unknown") return undefined;
  const timers = batch.cancelTimers === "all" ? [] : without(before.timers, batch.cancelTimers);
  const signals = without(before.signals, batch.consumeSignals);
  const own = batch.signals.filter(({ workflowId }) => workflowId === batch.workflowId);
  // What is written again keeps its place among the others.
  if (isIn(timers, batch.timers) || isIn(signals, own)) return undefined;
  return {
    standing: row,
    instance: asIs(row.is, () => fromInstanceRow(row)),
    operation: operation === "none" ? undefined : operation,
    evidence: [
      ...before.evidence,
      ...batch.evidence.map(({ body, is }) => asIs(is, () => fromJsonText<Evidence>(body))),
    ],
    approvals: [],
    timers: [
      ...timers,
      ...batch.timers.map(({ id, body, is }) => named(id, is, () => fromJsonText<Timer>(body))),
    ],
    signals: [...signals, ...own.map(({ id, body, is }) => named(id, is, () => fromJsonText<Signal>(body)))],
    last,
  };
}

function toAggregate({ instance, operation, evidence, approvals, timers, signals }: Kept): InstanceAggregate {
  return Object.freeze({
    instance: instance.read(),
    ...(operation === undefined ? {} : { operation: operation.read() }),
    evidence: Object.freeze(evidence.map((row) => row.read())),
    approvals,
    timers: Object.freeze(timers.map((row) => row.read())),
    signals: Object.freeze(signals.map((row) => row.read())),
  });
}

function fromAggregate(aggregate: InstanceAggregate): Kept {
  const { instance, operation } = aggregate;
  const begun =
    operation === undefined
      ? undefined
      : { ...named(toKey(operation.id), operation), fromVersion: operation.fromVersion };
  return {
    standing: toStandingInstance(instance),
    instance: asIs(instance),
    operation: begun,
    evidence: aggregate.evidence.map((row) => asIs(row)),
    approvals: aggregate.approvals,
    timers: aggregate.timers.map((timer) => named(toKey(timer.id), timer)),
    signals: aggregate.signals.map((signal) => named(toKey(signal.id), signal)),
    last: instance.operationId === undefined ? (begun ?? "none") : "unknown",
  };
}

function toBegun(row: OperationRow): Begun {
  return { ...named(row.id, row.is, () => fromOperationRow(row)), fromVersion: row.fromVersion };
}

function named<Row>(id: string, is: Row | undefined, read?: () => Row): Named<Row> {
  return { id, ...asIs(is, read) };
}

/** I2: `is`, which is frozen, or what `read` reads where it is not there. */
function asIs<Row>(is: Row | undefined, read?: () => Row): Text<Row> {
  let row = is;
  return { read: () => (row ??= deepFreeze(read!())) };
}

/** Later versions begin later. Of two operations at one version only the file knows which began last. */
function lastBegun(before: Kept["last"], written: readonly Begun[]): Kept["last"] {
  let last = before;
  for (const operation of written) {
    if (last === "none") last = operation;
    else if (last === "unknown") return last;
    else if (operation.id === last.id || operation.fromVersion > last.fromVersion) last = operation;
    else return "unknown";
  }
  return last;
}

function isNamed(operation: Kept["last"] | undefined, id: string | null): boolean {
  return typeof operation === "object" && operation.id === id;
}

function isIn(
  rows: readonly { readonly id: string }[],
  written: readonly { readonly id: string }[],
): boolean {
  return written.length > 0 && rows.some(({ id }) => written.some((row) => row.id === id));
}

function without<Row extends { readonly id: string }>(
  rows: readonly Row[],
  keys: readonly string[],
): readonly Row[] {
  return keys.length === 0 ? rows : rows.filter(({ id }) => !keys.includes(id));
}
