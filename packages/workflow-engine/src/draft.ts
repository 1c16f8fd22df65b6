import type {
  Approval,
  AuditDraft,
  AuditEventType,
  Batch,
  Definition,
  Evidence,
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
import { changed, toInstanceRow, type InstanceChanges } from "./instance-row.ts";
import { whoOf, type AuditSubject, type Rate, type StepEnv, type Work, type Writable } from "./work.ts";

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

/** Lists are replaced, never changed: most drafts touch few of them, and what is shared with `base` stays shared. */
class Draft implements Work {
  readonly definition: Definition;
  readonly env: StepEnv;
  readonly facts: Facts;
  dispatch: Dispatch | undefined;
  ended: readonly Operation[] = [];
  instance: WorkflowInstance;
  readonly nextFence: number;
  operation: Operation | undefined;
  evidence: readonly Evidence[];
  readonly #base: InstanceAggregate;
  readonly #absent: boolean;
  #touched: boolean;
  #operations: readonly Operation[] = [];
  #blobs: readonly InstanceBlob[] = [];
  #newEvidence: readonly Evidence[] = [];
  #timers: readonly Timer[];
  #armed: readonly Timer[] = [];
  #disarmed: readonly string[] = [];
  #fired: readonly string[] = [];
  #approvals: readonly Approval[];
  #putApprovals: readonly Approval[] = [];
  #signals: readonly Signal[];
  #emitted: readonly Signal[] = [];
  #consumed: readonly string[] = [];
  #rates: readonly Rate[] = [];
  #request: RequestKey | undefined;
  readonly #events: AuditDraft[] = [];
  #who: { readonly of: Principal; readonly who: ReturnType<typeof whoOf> } | undefined;
  #row: { readonly of: WorkflowInstance; readonly row: WorkflowInstance } | undefined;

  constructor(definition: Definition, base: InstanceAggregate, absent: boolean, facts: Facts, env: StepEnv) {
    this.definition = definition;
    this.env = env;
    this.facts = facts;
    this.#base = base;
    this.#absent = absent;
    this.#touched = absent;
    this.instance = base.instance;
    this.nextFence = absent ? 1 : base.instance.fence + 1;
    this.operation = base.operation;
    this.evidence = base.evidence;
    this.#timers = base.timers;
    this.#approvals = base.approvals;
    this.#signals = base.signals;
  }

  set(changes: InstanceChanges): void {
    const next: Writable<WorkflowInstance> = changed(this.instance, changes);
    next.fence = this.nextFence;
    next.updatedAt = this.env.now;
    this.instance = next;
    this.#touched = true;
  }

  putOperation(operation: Operation): void {
    this.#operations = put(this.#operations, operation);
    this.operation = operation;
  }

  endOperation(operation: Operation): void {
    this.putOperation(operation);
    this.ended = [...this.ended, operation];
  }

  keep(blob: InstanceBlob): void {
    this.#blobs = [...this.#blobs, blob];
  }

  addEvidence(evidence: Evidence): void {
    this.evidence = [...this.evidence, evidence];
    this.#newEvidence = [...this.#newEvidence, evidence];
  }

  timers(): readonly Timer[] {
    return this.#timers;
  }

  arm(timer: Timer): void {
    this.#timers = put(this.#timers, timer);
    this.#armed = put(this.#armed, timer);
  }

  disarm(id: string, fired?: "fired"): void {
    if (fired !== undefined && !this.#fired.includes(id)) this.#fired = [...this.#fired, id];
    if (!this.#timers.some((timer) => timer.id === id)) return;
    this.#timers = without(this.#timers, id);
    this.#armed = without(this.#armed, id);
    if (!this.#disarmed.includes(id)) this.#disarmed = [...this.#disarmed, id];
  }

  approvals(): readonly Approval[] {
    return this.#approvals;
  }

  putApproval(approval: Approval): void {
    this.#approvals = put(this.#approvals, approval);
    this.#putApprovals = put(this.#putApprovals, approval);
  }

  signals(): readonly Signal[] {
    return this.#signals;
  }

  emit(signal: Signal): void {
    this.#emitted = [...this.#emitted, signal];
    if (signal.workflowId === this.instance.id) this.#signals = put(this.#signals, signal);
  }

  addressees(): ReadonlySet<string> {
    if (this.#emitted.length === 0) return NOBODY;
    const others = new Set(this.#emitted.map((signal) => signal.workflowId));
    others.delete(this.instance.id);
    return others;
  }

  consume(signalId: string): void {
    if (!this.#signals.some(({ id }) => id === signalId)) return;
    this.#signals = without(this.#signals, signalId);
    this.#consumed = [...this.#consumed, signalId];
  }

  countRate(rate: Rate): void {
    this.#rates = [...this.#rates, rate];
  }

  remember(request: RequestKey): void {
    this.#request = request;
  }

  audit(type: AuditEventType, payload: JsonObject, about: AuditSubject = {}): void {
    const { operation } = about;
    const principal = about.principal ?? operation?.actor;
    // Nearly all events of a commit are of one principal.
    if (principal !== this.#who?.of)
      this.#who = principal === undefined ? undefined : { of: principal, who: whoOf(principal) };
    this.#events.push({
      type,
      at: this.env.now,
      workflowId: this.instance.id,
      definitionId: this.instance.definitionId,
      definitionHash: this.instance.definitionHash,
      operationId: operation?.id,
      correlationId: about.correlationId ?? operation?.correlationId ?? this.instance.id,
      traceId: operation?.traceparent?.split("-")[1],
      principal: this.#who?.who,
      payload,
    });
  }

  batch(): Batch {
    const batch: Writable<Batch> = { expect: this.#expectation(), audit: this.#events };
    if (this.#absent || this.instance.definitionHash !== this.#base.instance.definitionHash)
      batch.definition = this.definition;
    if (this.#touched) batch.instance = this.#toRow();
    if (this.#operations.length > 0) batch.operations = this.#operations;
    if (this.#blobs.length > 0) batch.blobs = this.#blobs;
    if (this.#newEvidence.length > 0) batch.evidence = this.#newEvidence;
    if (this.#armed.length > 0) batch.armTimers = this.#armed;
    if (this.#disarmed.length > 0) batch.cancelTimers = this.#timers.length === 0 ? "all" : this.#disarmed;
    if (this.#putApprovals.length > 0) batch.approvals = this.#putApprovals;
    if (this.#emitted.length > 0) batch.signals = this.#emitted;
    if (this.#consumed.length > 0) batch.consumeSignals = this.#consumed;
    if (this.#request !== undefined) batch.request = this.#request;
    if (this.#rates.length > 0) batch.countRates = this.#rates.map((rate) => rate.key);
    return batch;
  }

  after(): InstanceAggregate {
    const rows: Writable<InstanceAggregate> = {
      instance: this.#toRow(),
      evidence: this.evidence,
      approvals: this.#approvals,
      timers: this.#timers,
      signals: this.#signals,
    };
    if (this.operation !== undefined) rows.operation = this.operation;
    return rows;
  }

  #expectation(): Batch["expect"] {
    const { id, version, fence } = this.#base.instance;
    const expect: Writable<Batch["expect"]> = this.#absent
      ? { absent: id }
      : { instance: { id, version, fence } };
    if (this.#putApprovals.length > 0) {
      const replaced = this.#base.approvals.filter((read) =>
        this.#putApprovals.some((put) => put.id === read.id),
      );
      if (replaced.length > 0)
        expect.approvals = replaced.map((read) => ({ id: read.id, revision: read.revision }));
    }
    if (this.#consumed.length > 0) expect.signals = this.#consumed;
    if (this.#fired.length > 0) expect.timers = this.#fired;
    if (this.#request !== undefined) {
      const { tenant, principal, key } = this.#request;
      expect.requestUnused = { tenant, principal, key };
    }
    if (this.#rates.length > 0) expect.rates = this.#rates;
    return expect;
  }

  /** Made once for each state of the draft. */
  #toRow(): WorkflowInstance {
    if (this.#row?.of !== this.instance) this.#row = { of: this.instance, row: toInstanceRow(this.instance) };
    return this.#row.row;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** The rows with one more, in the place of the one with its id where there is one. */
function put<Row extends { readonly id: string }>(rows: readonly Row[], row: Row): readonly Row[] {
  return rows.some(({ id }) => id === row.id)
    ? rows.map((other) => (other.id === row.id ? row : other))
    : [...rows, row];
}

function without<Row extends { readonly id: string }>(rows: readonly Row[], id: string): readonly Row[] {
  return rows.filter((row) => row.id !== id);
}
