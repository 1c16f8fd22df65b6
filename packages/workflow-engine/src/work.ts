import {
  createRecord,
  type Approval,
  type AuditDraft,
  type AuditEventType,
  type Batch,
  type Definition,
  type Digest,
  type Evidence,
  type Ids,
  type InstanceAggregate,
  type JsonObject,
  type Operation,
  type Principal,
  type RequestKey,
  type Signal,
  type Timer,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import type { Dispatch } from "./dispatch.ts";
import type { Facts } from "./facts.ts";
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

/**
 * The draft of one commit. Pure steps change it; nothing outside is touched until the driver applies its batch.
 *
 * It reads the rows as they stood (`base`), holds them as they shall stand, and knows which conditions the batch must
 * name for the difference to be safe: the instance's version and fence, the revision of every approval that it
 * replaces, the timers that it fires, the signals that it consumes (W7, W12).
 */
export interface Work {
  readonly definition: Definition;
  readonly env: StepEnv;
  readonly facts: Facts;
  readonly instance: WorkflowInstance;
  /** The live operation, or the last one. */
  readonly operation: Operation | undefined;
  readonly evidence: readonly Evidence[];
  /** Operations that this draft brought to an end, in order. */
  readonly ended: readonly Operation[];
  /** The effect to perform once the batch is applied; one that is `inline` is performed before. */
  dispatch: Dispatch | undefined;

  set(changes: Partial<WorkflowInstance>): void;
  /** Sets an optional field of the instance to nothing. */
  unset(
    ...fields: readonly ("operationId" | "claim" | "recovery" | "cancelling" | "parkedReason" | "outcome")[]
  ): void;
  putOperation(operation: Operation): void;
  /** Puts the operation and counts it among the ended. */
  endOperation(operation: Operation): void;
  addEvidence(evidence: Evidence): void;
  timers(): readonly Timer[];
  arm(timer: Timer): void;
  /** Ends a timer if it is armed. `fired`: it must still be armed when the batch is applied. */
  disarm(id: string, fired?: "fired"): void;
  approvals(): readonly Approval[];
  putApproval(approval: Approval): void;
  signals(): readonly Signal[];
  emit(signal: Signal): void;
  /** Other instances that this draft sends signals to. */
  addressees(): ReadonlySet<string>;
  consume(signalId: string): void;
  countRate(rate: { readonly key: string; readonly max: number; readonly perMs: number }): void;
  remember(request: RequestKey): void;
  audit(type: AuditEventType, payload: JsonObject, about?: AuditSubject): void;

  batch(): Batch;
  /** The rows as they stand once the batch is applied. */
  after(): InstanceAggregate;
}

export interface AuditSubject {
  readonly operation?: Operation;
  readonly principal?: Principal;
  readonly correlationId?: string;
}

/** A draft over rows that exist. */
export function createWork(
  definition: Definition,
  base: InstanceAggregate,
  facts: Facts,
  env: StepEnv,
): Work {
  return new Draft(definition, base, false, facts, env);
}

/** A draft that inserts `instance`. */
export function createFirstWork(
  definition: Definition,
  instance: WorkflowInstance,
  facts: Facts,
  env: StepEnv,
): Work {
  const base = { instance, evidence: [], approvals: [], timers: [], signals: [] };
  return new Draft(definition, base, true, facts, env);
}

class Draft implements Work {
  readonly definition: Definition;
  readonly env: StepEnv;
  readonly facts: Facts;
  dispatch: Dispatch | undefined;
  readonly ended: Operation[] = [];
  instance: WorkflowInstance;
  operation: Operation | undefined;
  readonly #base: InstanceAggregate;
  readonly #absent: boolean;
  #touched: boolean;
  readonly #operations = new Map<string, Operation>();
  readonly #newEvidence: Evidence[] = [];
  readonly #timers: Map<string, Timer>;
  readonly #armed = new Map<string, Timer>();
  readonly #disarmed = new Set<string>();
  readonly #fired = new Set<string>();
  readonly #approvals: Map<string, Approval>;
  readonly #putApprovals = new Map<string, Approval>();
  readonly #signals: Map<string, Signal>;
  readonly #emitted: Signal[] = [];
  readonly #consumed: string[] = [];
  readonly #rates: { readonly key: string; readonly max: number; readonly perMs: number }[] = [];
  #request: RequestKey | undefined;
  readonly #events: AuditDraft[] = [];
  #cleaned: { readonly from: WorkflowInstance; readonly row: WorkflowInstance } | undefined;

  constructor(definition: Definition, base: InstanceAggregate, absent: boolean, facts: Facts, env: StepEnv) {
    this.definition = definition;
    this.env = env;
    this.facts = facts;
    this.#base = base;
    this.#absent = absent;
    this.#touched = absent;
    this.instance = base.instance;
    this.operation = base.operation;
    this.#timers = byId(base.timers);
    this.#approvals = byId(base.approvals);
    this.#signals = byId(base.signals);
  }

  get evidence(): readonly Evidence[] {
    const before = this.#base.evidence;
    return this.#newEvidence.length === 0 ? before : [...before, ...this.#newEvidence];
  }

  set(changes: Partial<WorkflowInstance>): void {
    const fence = this.#absent ? 1 : this.#base.instance.fence + 1;
    this.instance = { ...this.instance, ...changes, fence, updatedAt: this.env.now };
    this.#touched = true;
  }

  unset(...fields: readonly (keyof WorkflowInstance)[]): void {
    const changes: { -readonly [Key in keyof WorkflowInstance]?: undefined } = {};
    for (const field of fields) changes[field] = undefined;
    this.set(changes as unknown as Partial<WorkflowInstance>);
  }

  putOperation(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    this.operation = operation;
  }

  endOperation(operation: Operation): void {
    this.putOperation(operation);
    this.ended.push(operation);
  }

  addEvidence(evidence: Evidence): void {
    this.#newEvidence.push(evidence);
  }

  timers(): readonly Timer[] {
    return [...this.#timers.values()];
  }

  arm(timer: Timer): void {
    this.#timers.set(timer.id, timer);
    this.#armed.set(timer.id, timer);
  }

  disarm(id: string, fired?: "fired"): void {
    if (fired !== undefined) this.#fired.add(id);
    this.#armed.delete(id);
    if (this.#timers.delete(id)) this.#disarmed.add(id);
  }

  approvals(): readonly Approval[] {
    return [...this.#approvals.values()];
  }

  putApproval(approval: Approval): void {
    this.#approvals.set(approval.id, approval);
    this.#putApprovals.set(approval.id, approval);
  }

  signals(): readonly Signal[] {
    return [...this.#signals.values()];
  }

  emit(signal: Signal): void {
    this.#emitted.push(signal);
    if (signal.workflowId === this.instance.id) this.#signals.set(signal.id, signal);
  }

  addressees(): ReadonlySet<string> {
    const others = new Set(this.#emitted.map((signal) => signal.workflowId));
    others.delete(this.instance.id);
    return others;
  }

  consume(signalId: string): void {
    if (this.#signals.delete(signalId)) this.#consumed.push(signalId);
  }

  countRate(rate: { readonly key: string; readonly max: number; readonly perMs: number }): void {
    this.#rates.push(rate);
  }

  remember(request: RequestKey): void {
    this.#request = request;
  }

  audit(type: AuditEventType, payload: JsonObject, about: AuditSubject = {}): void {
    const { operation } = about;
    const principal = about.principal ?? operation?.actor;
    const traceId = operation?.traceparent?.split("-")[1];
    this.#events.push({
      type,
      at: this.env.now,
      workflowId: this.instance.id,
      definitionId: this.instance.definitionId,
      definitionHash: this.instance.definitionHash,
      ...(operation === undefined ? {} : { operationId: operation.id }),
      correlationId: about.correlationId ?? operation?.correlationId ?? this.instance.id,
      ...(traceId === undefined ? {} : { traceId }),
      ...(principal === undefined ? {} : { principal: whoOf(principal) }),
      payload,
    });
  }

  batch(): Batch {
    const { id, version, fence } = this.#base.instance;
    const revisions = this.#base.approvals
      .filter((approval) => this.#putApprovals.has(approval.id))
      .map((approval) => ({ id: approval.id, revision: approval.revision }));
    const request = this.#request;
    return {
      expect: {
        ...(this.#absent ? { absent: id } : { instance: { id, version, fence } }),
        ...some("approvals", revisions),
        ...some("signals", this.#consumed),
        ...some("timers", [...this.#fired]),
        ...(request === undefined
          ? {}
          : { requestUnused: { tenant: request.tenant, principal: request.principal, key: request.key } }),
        ...some("rates", this.#rates),
      },
      ...(this.#absent || this.instance.definitionHash !== this.#base.instance.definitionHash
        ? { definition: this.definition }
        : {}),
      ...(this.#touched ? { instance: this.#row() } : {}),
      ...some("operations", [...this.#operations.values()]),
      ...some("evidence", this.#newEvidence),
      ...some("armTimers", [...this.#armed.values()]),
      ...(this.#disarmed.size === 0
        ? {}
        : { cancelTimers: this.#timers.size === 0 ? ("all" as const) : [...this.#disarmed] }),
      ...some("approvals", [...this.#putApprovals.values()]),
      ...some("signals", this.#emitted),
      ...some("consumeSignals", this.#consumed),
      ...(request === undefined ? {} : { request }),
      ...some(
        "countRates",
        this.#rates.map((rate) => rate.key),
      ),
      audit: this.#events,
    };
  }

  after(): InstanceAggregate {
    return {
      instance: this.#row(),
      ...(this.operation === undefined ? {} : { operation: this.operation }),
      evidence: this.evidence,
      approvals: this.approvals(),
      timers: this.timers(),
      signals: this.signals(),
    };
  }

  /** The instance without what was unset, made once for each state of the draft. */
  #row(): WorkflowInstance {
    if (this.#cleaned?.from !== this.instance) {
      this.#cleaned = { from: this.instance, row: withoutUndefined(this.instance) };
    }
    return this.#cleaned.row;
  }
}

/** Who did it, in an audit event. */
export function whoOf(principal: Principal): Pick<Principal, "subject" | "tenant" | "kind" | "via"> {
  return { subject: principal.subject, tenant: principal.tenant, kind: principal.kind, via: principal.via };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  const map = new Map<string, Row>();
  for (const row of rows) map.set(row.id, row);
  return map;
}

function some<Name extends string, Item>(
  name: Name,
  items: readonly Item[],
): { readonly [Key in Name]?: readonly Item[] } {
  if (items.length === 0) return {};
  return createRecord([[name, items]]) as { readonly [Key in Name]?: readonly Item[] };
}

/** Fields that were unset are there as `undefined` while the draft is worked on: copies stay cheap. A row has none. */
function withoutUndefined(instance: WorkflowInstance): WorkflowInstance {
  const row: { -readonly [Key in keyof WorkflowInstance]?: unknown } = {};
  for (const key of Object.keys(instance) as (keyof WorkflowInstance)[]) {
    if (instance[key] !== undefined) row[key] = instance[key];
  }
  return row as unknown as WorkflowInstance;
}
