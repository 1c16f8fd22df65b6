import type { Approval, Evidence, Operation, Signal, Timer, WorkflowInstance } from "@mcp-flowgate/core";

/** The rows of one instance. */
export interface WorkflowRows {
  readonly sequence: number;
  instance: WorkflowInstance;
  /** In the order in which they began. */
  readonly operations: Operation[];
  /** By version: the one operation that is live or final there (S3). */
  readonly live: (string | undefined)[];
  /** Replaced, never changed: who has read it keeps what was there. */
  evidence: readonly Evidence[];
  // What few instances have, changed by withRow and withoutRow alone.
  timers: ReadonlyMap<string, Timer>;
  approvals: ReadonlyMap<string, Approval>;
  signals: ReadonlyMap<string, Signal>;
  /** Texts by their hash. */
  blobs: ReadonlyMap<string, string>;
}

/** The rows of every instance that has none: an empty map each takes 190 bytes, and thousands of ended instances are kept. */
export const NO_ROWS: ReadonlyMap<string, never> = new Map<string, never>();

/** The same rows with one more, or another in its place; `rows` is not to be used any more. */
export function withRow<Row>(rows: ReadonlyMap<string, Row>, id: string, row: Row): ReadonlyMap<string, Row> {
  return rows === NO_ROWS ? new Map([[id, row]]) : (rows as Map<string, Row>).set(id, row);
}

/** The same rows without one; `rows` is not to be used any more. */
export function withoutRow<Row>(rows: ReadonlyMap<string, Row>, id: string): ReadonlyMap<string, Row> {
  if (!rows.has(id)) return rows;
  if (rows.size === 1) return NO_ROWS;
  (rows as Map<string, Row>).delete(id);
  return rows;
}
