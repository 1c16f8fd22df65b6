import type {
  BatchExpectation,
  Evidence,
  Operation,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { fromJsonText } from "./json-text.ts";

/**
 * A batch as text, made when `apply` is called: what the caller does to its objects afterwards changes nothing, and
 * nothing that cannot be written is found out about inside a transaction. A store may keep objects whose text says all
 * of them beside it (`is`), frozen, so that it need not be read again.
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
  readonly evidence: readonly ChildRow<Evidence>[];
  readonly timers: readonly (ChildRow<Timer> & { readonly id: string; readonly dueAt: number })[];
  readonly cancelTimers: readonly string[] | "all";
  readonly approvals: readonly ApprovalRow[];
  readonly signals: readonly (ChildRow<Signal> & { readonly id: string })[];
  readonly consumeSignals: readonly string[];
  readonly request: RequestRow | undefined;
  readonly countRates: readonly string[];
}

// Rows are type aliases, not interfaces: statements take objects of any keys, which an interface is not.

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
  readonly is: WorkflowInstance | undefined;
};

/** What a batch is judged by, and written over. */
export type StandingInstance = Pick<
  InstanceRow,
  | "version"
  | "fence"
  | "claimant"
  | "operationId"
  | "tenant"
  | "owner"
  | "definitionId"
  | "definitionHash"
  | "createdAt"
>;

/** The claimant of an operation whose instance names none: nobody, so that it is found. */
export const NOBODY = "";

export type OperationRow = {
  readonly id: string;
  readonly workflowId: string;
  readonly fromVersion: number;
  readonly status: Operation["status"];
  readonly deadlineAt: number;
  readonly nextAttemptAt: number | null;
  readonly body: string;
  readonly lateResult: string | null;
  readonly is: Operation | undefined;
};

export type ChildRow<Row = unknown> = {
  readonly workflowId: string;
  readonly body: string;
  readonly is: Row | undefined;
};

export type BlobRow = Omit<ChildRow, "is"> & {
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

/** The instance that a row was made of. */
export function fromInstanceRow(row: Pick<InstanceRow, "body" | "context" | "input">): WorkflowInstance {
  return {
    ...fromJsonText<WorkflowInstance>(row.body),
    context: fromJsonText(row.context),
    input: fromJsonText(row.input),
  };
}

/** The operation that a row was made of, with a result that came late. */
export function fromOperationRow(row: Pick<OperationRow, "body" | "lateResult">): Operation {
  const operation = fromJsonText<Operation>(row.body);
  return row.lateResult === null ? operation : { ...operation, lateResult: fromJsonText(row.lateResult) };
}

/** An operation of this status is the only one of its kind at its version (S3). */
export function isLiveOrFinal(status: string): boolean {
  return status === "running" || status === "waiting" || status === "unknown" || status === "committed";
}

/** Milliseconds as an integer column holds them. A fraction goes up, so that nothing is due early. */
export function toTime(ms: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(ms)));
}
