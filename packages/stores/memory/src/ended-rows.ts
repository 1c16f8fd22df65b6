import { parseJson, type Evidence, type Operation, type WorkflowInstance } from "@mcp-flowgate/core";
import type { KeptText, TextPool } from "./text-pool.ts";
import { NO_ROWS, type WorkflowRows } from "./workflow-rows.ts";

/**
 * The rows of an instance that has ended, as one text beside the heap: as objects they take four times as much, thousands
 * are kept, and a collection has to look at each. What
 * lists are filtered and ordered by stands beside it. Nothing is changed in it: whoever writes takes the rows out.
 */
export interface EndedRows {
  readonly ended: true;
  readonly sequence: number;
  readonly tenant: string;
  readonly owner: string;
  readonly definitionId: string;
  readonly definitionHash: string;
  readonly createdAt: number;
  /** When it may go, where it says so itself; else when it ended. */
  readonly purgeAfter: number | undefined;
  readonly endedAt: number;
  readonly operationIds: readonly string[];
  readonly text: KeptText;
  readonly blobs: WorkflowRows["blobs"];
}

export function isEnded(rows: WorkflowRows | EndedRows): rows is EndedRows {
  return "ended" in rows;
}

/** The ended form of rows that are at rest: undefined of those that are not, or that hold a number without JSON text. */
export function toEnded(own: WorkflowRows, texts: TextPool): EndedRows | undefined {
  const { instance, operations, live, evidence, timers, approvals, signals, sequence, blobs } = own;
  if (instance.status !== "terminal") return undefined;
  if (timers.size > 0 || approvals.size > 0 || signals.size > 0) return undefined;
  if (loses(instance) || operations.some(loses) || evidence.some(loses)) return undefined;
  const { tenant, owner, definitionId, definitionHash, createdAt, purgeAfter } = instance;
  return {
    ended: true,
    sequence,
    tenant,
    owner,
    definitionId,
    definitionHash,
    createdAt,
    purgeAfter,
    operationIds: operations.map(({ id }) => id),
    endedAt: instance.terminalAt ?? instance.updatedAt,
    text: texts.put(JSON.stringify([toList(instance), operations.map(toList), live, evidence.map(toList)])),
    blobs,
  };
}

/** The rows of an ended instance, made anew each time. */
export function fromEnded({ sequence, text, blobs }: EndedRows, texts: TextPool): WorkflowRows {
  const [instance, operations, live, evidence] = parseJson(texts.read(text)) as [
    List,
    List[],
    (string | null)[],
    List[],
  ];
  return {
    sequence,
    instance: fromList(instance) as unknown as WorkflowInstance,
    operations: operations.map(fromList) as unknown as Operation[],
    live: live.map((id) => id ?? undefined),
    evidence: evidence.map(fromList) as unknown as Evidence[],
    timers: NO_ROWS,
    approvals: NO_ROWS,
    signals: NO_ROWS,
    blobs,
  };
}

/** Numbers that `JSON.stringify` has no text for: what holds one stays as it is. */
function loses(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0);
  if (typeof value !== "object" || value === null) return false;
  for (const key in value) if (loses((value as Row)[key])) return true;
  return false;
}

/** The number of its names, and its values. Names are half of the text of a row, and all rows have few sets of them. */
type List = [names: number, ...values: unknown[]];
type Row = Record<string, unknown>;

/** Rows come from the engine, so there are as many as it writes out: not one for each caller. */
const NAMES: (readonly string[])[] = [];

function toList(row: object): List {
  const values = row as Row;
  let names = Object.keys(row);
  if (names.some((name) => values[name] === undefined))
    names = names.filter((name) => values[name] !== undefined);
  const known = NAMES.findIndex((other) => isSame(other, names));
  const list: List = [known === -1 ? NAMES.push(names) - 1 : known];
  for (const name of names) list.push(values[name]);
  return list;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at]);
}

function fromList([number, ...values]: List): Row {
  const row: Row = {};
  for (const [at, name] of (NAMES[number] ?? []).entries()) row[name] = values[at];
  return row;
}
