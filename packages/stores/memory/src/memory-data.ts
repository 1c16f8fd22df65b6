import type {
  Approval,
  Definition,
  Evidence,
  Operation,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { createDueQueue, type DueQueue } from "./due-queue.ts";
import { createFifo, type Fifo } from "./fifo.ts";

/**
 * The rows themselves. Several store handles may share them: each is then a replica of its own, and rows outlive a
 * handle that is closed, as those of a database outlive a process.
 */
export interface MemoryData {
  /** @internal */
  readonly rows: Rows;
}

/** Everything that belongs to one instance goes when the instance goes. */
export interface Rows {
  readonly workflows: Map<string, WorkflowRows>;
  readonly operationOwner: Map<string, string>;
  readonly approvalOwner: Map<string, string>;
  readonly timerOwner: Map<string, string>;
  readonly running: Set<string>;
  readonly signalled: Set<string>;
  readonly timerQueue: DueQueue;
  readonly retryQueue: DueQueue;
  /** Terminal instances, oldest first. */
  readonly terminal: Fifo<string>;
  readonly requests: Map<string, RequestKey>;
  /** Times of use, oldest first. */
  readonly rates: Map<string, number[]>;
  readonly definitions: Map<string, { readonly definition: Definition; pins: number }>;
  readonly replicas: Set<string>;
  readonly listeners: Set<(workflowId: string) => void>;
  /** The tail of the queue of batches for one workflow or request key. */
  readonly locks: Map<string, Promise<void>>;
  /** Characters of all blobs. */
  blobSize: number;
  sequence: number;
  epochs: number;
}

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

/** Where an operation stands in the journal of its instance, or -1. Those that are written began last, mostly. */
export function placeOf({ operations }: WorkflowRows, operationId: string): number {
  for (let at = operations.length - 1; at >= 0; at -= 1) if (operations[at]!.id === operationId) return at;
  return -1;
}

export function operationOf(own: WorkflowRows, operationId: string): Operation | undefined {
  const at = placeOf(own, operationId);
  return at === -1 ? undefined : own.operations[at];
}

export function createMemoryData(): MemoryData {
  return {
    rows: {
      workflows: new Map(),
      operationOwner: new Map(),
      approvalOwner: new Map(),
      timerOwner: new Map(),
      running: new Set(),
      signalled: new Set(),
      timerQueue: createDueQueue(),
      retryQueue: createDueQueue(),
      terminal: createFifo(),
      requests: new Map(),
      rates: new Map(),
      definitions: new Map(),
      replicas: new Set(),
      listeners: new Set(),
      locks: new Map(),
      blobSize: 0,
      sequence: 0,
      epochs: 0,
    },
  };
}

export function requestId(request: Pick<RequestKey, "tenant" | "principal" | "key">): string {
  return JSON.stringify([request.tenant, request.principal, request.key]);
}

/** Whether an operation takes the one place of its version. */
export function isLiveOrFinal({ status }: Operation): boolean {
  return status === "running" || status === "waiting" || status === "unknown" || status === "committed";
}
