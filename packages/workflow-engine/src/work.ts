import type {
  Approval,
  AuditEventType,
  Batch,
  Definition,
  Digest,
  Evidence,
  Ids,
  InstanceAggregate,
  InstanceBlob,
  JsonObject,
  Operation,
  Principal,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import type { Dispatch } from "./dispatch.ts";
import type { Facts } from "./facts.ts";
import type { InstanceChanges } from "./instance-row.ts";
import type { EngineLimits } from "./limits.ts";
import type { Programs } from "./programs.ts";

/** What pure steps are given besides the rows: time, names and bounds. */
export interface StepEnv {
  /** By the store's clock. */
  readonly now: number;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly limits: EngineLimits;
  readonly claim: { readonly replica: string; readonly epoch: number };
  /** How long a process that is gone may still send what it had begun. */
  readonly quarantineMs: number;
  readonly programs: Programs;
}

/** An instance as it stands, with what its guards and templates are judged by. */
export interface View {
  readonly definition: Definition;
  readonly env: StepEnv;
  readonly facts: Facts;
  readonly instance: WorkflowInstance;
  /** The live operation, or the last one. */
  readonly operation: Operation | undefined;
  readonly evidence: readonly Evidence[];
  approvals(): readonly Approval[];
}

/**
 * The draft of one commit. Pure steps change it; nothing outside is touched until the driver applies its batch.
 *
 * It reads the rows as they stood (`base`), holds them as they shall stand, and knows which conditions the batch must
 * name for the difference to be safe: the instance's version and fence, the revision of every approval that it
 * replaces, the timers that it fires, the signals that it consumes (W7, W12).
 */
export interface Work extends View {
  /** Of every row that this draft writes. */
  readonly nextFence: number;
  /** Operations that this draft brought to an end, in order. */
  readonly ended: readonly Operation[];
  /** The effect to perform once the batch is applied; one that is `inline` is performed before. */
  dispatch: Dispatch | undefined;

  /** An optional field that is set to `undefined` is taken away. */
  set(changes: InstanceChanges): void;
  putOperation(operation: Operation): void;
  /** Puts the operation and counts it among the ended. */
  endOperation(operation: Operation): void;
  /** A value that is too large for the rows, written with them. */
  keep(blob: InstanceBlob): void;
  addEvidence(evidence: Evidence): void;
  timers(): readonly Timer[];
  arm(timer: Timer): void;
  /** Ends a timer if it is armed. `fired`: it must still be armed when the batch is applied. */
  disarm(id: string, fired?: "fired"): void;
  putApproval(approval: Approval): void;
  signals(): readonly Signal[];
  emit(signal: Signal): void;
  /** Other instances that this draft sends signals to. */
  addressees(): ReadonlySet<string>;
  consume(signalId: string): void;
  countRate(rate: Rate): void;
  remember(request: RequestKey): void;
  audit(type: AuditEventType, payload: JsonObject, about?: AuditSubject): void;

  batch(): Batch;
  /** The rows as they stand once the batch is applied. */
  after(): InstanceAggregate;
}

/** A row that is still being put together. */
export type Writable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

/** Fewer than `max` uses of `key` in `perMs`. */
export interface Rate {
  readonly key: string;
  readonly max: number;
  readonly perMs: number;
}

export interface AuditSubject {
  readonly operation?: Operation;
  readonly principal?: Principal;
  readonly correlationId?: string;
}

/** Who did it, in an audit event. */
export function whoOf(principal: Principal): Pick<Principal, "subject" | "tenant" | "kind" | "via"> {
  return { subject: principal.subject, tenant: principal.tenant, kind: principal.kind, via: principal.via };
}
