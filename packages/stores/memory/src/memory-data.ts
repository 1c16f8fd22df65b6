import { deepFreeze, type Definition, type Operation, type RequestKey } from "@mcp-flowgate/core";
import { createDueQueue, type DueQueue } from "./due-queue.ts";
import { fromEnded, isEnded, type EndedRows } from "./ended-rows.ts";
import { createTextPool, type TextPool } from "./text-pool.ts";
import type { WorkflowRows } from "./workflow-rows.ts";
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
  /** Read by {@link rowsOf}, written by {@link rowsToWrite}. */
  readonly workflows: Map<string, WorkflowRows | EndedRows>;
  /** Of ended instances. */
  readonly texts: TextPool;
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

/** The rows of an instance, to read them. */
export function rowsOf({ workflows, texts }: Rows, workflowId: string): WorkflowRows | undefined {
  const rows = workflows.get(workflowId);
  return rows !== undefined && isEnded(rows) ? fromEnded(rows, texts) : rows;
}

/** The rows of an instance, to change them. */
export function rowsToWrite(all: Rows, workflowId: string): WorkflowRows | undefined {
  const rows = all.workflows.get(workflowId);
  if (rows === undefined || !isEnded(rows)) return rows;
  const taken = fromEnded(rows, all.texts);
  all.texts.giveBack(rows.text);
  deepFreeze([taken.instance, taken.operations.slice(), taken.evidence]);
  all.workflows.set(workflowId, taken);
  return taken;
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
      texts: createTextPool(),
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
