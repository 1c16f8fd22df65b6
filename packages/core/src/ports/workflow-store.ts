import type {
  Approval,
  ApprovalStatus,
  Evidence,
  InstanceStatus,
  Operation,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "../ir/instance.ts";
import type { Definition } from "../ir/workflow.ts";
import type { Json } from "../json.ts";
import type { AuditDraft } from "./audit.ts";

/**
 * The journal. All writes go through {@link WorkflowStore.apply}: one batch of plain rows that is applied
 * entirely, with its audit events, or not at all, under the conditions that it names. The engine computes
 * batches with pure code; a store knows nothing of workflows, so that every store behaves the same.
 *
 * What every store upholds (the contract suite in testkit tests each):
 * - S1 A batch is atomic, and durable when `apply` resolves. Its audit events are part of it.
 * - S2 A condition that does not hold changes nothing and is answered as a value, never thrown.
 * - S3 At most one operation per (workflowId, fromVersion) is running, waiting, unknown or committed.
 * - S4 Reads see every batch that was acknowledged before they began.
 * - S5 Rows come back exactly as they went in, whatever characters and numbers they hold.
 * - S6 A blob is read through an instance that it was written for, through no other, and stays as long as one is there.
 *
 * @throws FlowgateError `STORE_UNAVAILABLE` where the storage cannot be reached, `AUDIT_UNAVAILABLE` where
 * the batch could not be recorded; in both cases nothing was applied, as far as can be known.
 */
export interface WorkflowStore {
  /** The store's clock, in milliseconds since the epoch. Deadlines and timers are compared by it alone. */
  now(): number;
  /** Who claims, and until when by the monotonic clock this process may dispatch effects. */
  lease(): Lease;

  apply(batch: Batch): Promise<ApplyResult>;
  /** Records events that belong to no batch: refusals, guard results of a rejected submit. */
  record(events: readonly AuditDraft[]): Promise<void>;

  /** An instance with all that a step needs, read at one moment. */
  load(workflowId: string): Promise<InstanceAggregate | undefined>;
  /** Those of these instances that are there, in any order, each as {@link load} gives it; for work that is due in numbers. */
  loadAll(workflowIds: readonly string[]): Promise<readonly InstanceAggregate[]>;
  operation(operationId: string): Promise<Operation | undefined>;
  /** The journal of one instance in the order in which operations began, or the part of it from one version on. */
  journal(workflowId: string, fromVersion?: number): Promise<readonly Operation[]>;
  instances(filter: InstanceFilter): Promise<Page<WorkflowInstance>>;

  approval(approvalId: string): Promise<Approval | undefined>;
  approvals(filter: ApprovalFilter): Promise<Page<Approval>>;
  request(tenant: string, principal: string, key: string): Promise<RequestKey | undefined>;
  /** How many entries `key` has in the window that ends now. */
  rate(key: string, perMs: number): Promise<number>;

  /** The text of a blob that a batch brought for this instance. */
  blob(workflowId: string, sha256: string): Promise<string | undefined>;
  /** A definition that some batch brought; kept at least for as long as an instance is pinned to it. */
  definition(hash: string): Promise<Definition | undefined>;

  /** Work that is due: timers, retries, operations whose claimant is gone, signals nobody consumed. */
  due(limit: number): Promise<DueWork>;
  /** When the next timer or retry is due, so that nobody polls faster than needed; the same timers as {@link due} gives. */
  nextDueAt(): Promise<number | undefined>;
  /** Calls `listener` with the id of every instance that changed, here or in another process. Returns the way to stop. */
  onChange(listener: (workflowId: string) => void): () => void;

  close(): Promise<void>;
}

export interface Lease {
  readonly replica: string;
  readonly epoch: number;
  /** By {@link Clock.monotonic}; `Infinity` where no other process can take over. */
  readonly validUntil: number;
  /** For how many milliseconds after a claimant was found gone a call of its may still reach the other side. */
  readonly quarantineMs: number;
}

export interface Batch {
  readonly expect: BatchExpectation;
  /** The definition that `instance` is pinned to, where this batch may be the first to name it. Kept if it is new. */
  readonly definition?: Definition;
  /** The whole next row. */
  readonly instance?: WorkflowInstance;
  /** Inserted, or replaced by id. */
  readonly operations?: readonly Operation[];
  /** Sets `lateResult` of an operation and nothing else of it: its writer has lost the fence. */
  readonly lateResults?: readonly { readonly operationId: string; readonly result: Json }[];
  /** What is too large for the rows that name it. Kept where its instance is there, or comes with the batch. */
  readonly blobs?: readonly InstanceBlob[];
  readonly evidence?: readonly Evidence[];
  readonly armTimers?: readonly Timer[];
  /** By id. `all` ends every timer of the instance. */
  readonly cancelTimers?: readonly string[] | "all";
  /** Inserted, or replaced by id where `expect.approvals` names the revision that was read. */
  readonly approvals?: readonly Approval[];
  readonly signals?: readonly Signal[];
  readonly consumeSignals?: readonly string[];
  readonly request?: RequestKey;
  /** Counted at the same moment; see `expect.rates`. */
  readonly countRates?: readonly string[];
  readonly audit: readonly AuditDraft[];
}

/** A value of an instance as text. Instances whose values have equal text share what is stored. */
export interface InstanceBlob {
  readonly workflowId: string;
  /** SHA-256 (hex) of the text in UTF-8. */
  readonly sha256: string;
  /** JSON text: well-formed, control characters escaped. */
  readonly text: string;
}

export interface BatchExpectation {
  /** The instance must not exist yet. */
  readonly absent?: string;
  /** The instance must be exactly here. Takes the row's lock. */
  readonly instance?: { readonly id: string; readonly version: number; readonly fence: number };
  /** None of these may have been written since it was read. */
  readonly approvals?: readonly { readonly id: string; readonly revision: number }[];
  /** These signals must still be there. */
  readonly signals?: readonly string[];
  /** These timers must still be armed. */
  readonly timers?: readonly string[];
  /** Nobody may have used this key, or its use must have expired. */
  readonly requestUnused?: { readonly tenant: string; readonly principal: string; readonly key: string };
  /** Fewer than `max` entries of `key` in the last `perMs`. */
  readonly rates?: readonly { readonly key: string; readonly max: number; readonly perMs: number }[];
}

export type ApplyResult =
  | { readonly status: "applied" }
  /** The instance exists, is absent, or stands at another version or fence. */
  | { readonly status: "conflict"; readonly on: "instance" | "approval" | "signal" | "timer" | "operation" }
  | { readonly status: "request_used"; readonly request: RequestKey }
  | { readonly status: "rate_limited"; readonly key: string };

export interface InstanceAggregate {
  readonly instance: WorkflowInstance;
  /** The one that `instance.operationId` names, or the one that began last. */
  readonly operation?: Operation;
  readonly evidence: readonly Evidence[];
  /** The pending ones, and those that are settled and whose signal nobody consumed yet. */
  readonly approvals: readonly Approval[];
  readonly timers: readonly Timer[];
  readonly signals: readonly Signal[];
}

export interface InstanceFilter {
  readonly tenant?: string;
  readonly owner?: string;
  readonly definitionId?: string;
  readonly statuses?: readonly InstanceStatus[];
  readonly limit: number;
  readonly cursor?: string;
}

export interface ApprovalFilter {
  readonly tenant?: string;
  readonly queue?: string;
  readonly workflowId?: string;
  readonly statuses?: readonly ApprovalStatus[];
  readonly limit: number;
  readonly cursor?: string;
}

/** Newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

export interface DueWork {
  /**
   * Of instances that can be taken out of what they do: idle, waiting, or parked without an operation. Those of
   * others stay armed, and are due once that is over.
   */
  readonly timers: readonly Timer[];
  /** Waiting for their next attempt, which is due. */
  readonly retries: readonly Operation[];
  /** Running, but their claimant is gone, or their deadline and a grace have passed. */
  readonly orphans: readonly Operation[];
  readonly signals: readonly Signal[];
}
