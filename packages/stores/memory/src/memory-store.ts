import {
  FlowgateError,
  type ApplyResult,
  type Approval,
  type ApprovalFilter,
  type AuditDraft,
  type AuditSink,
  type Batch,
  type Clock,
  type Definition,
  type DueWork,
  type InstanceAggregate,
  type InstanceFilter,
  type Lease,
  type Operation,
  type Page,
  type RequestKey,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { countSince, findRefusal } from "./expectation.ts";
import { fromEnded, isEnded, type EndedRows } from "./ended-rows.ts";
import {
  createMemoryData,
  operationOf,
  requestId,
  rowsOf,
  type MemoryData,
  type Rows,
} from "./memory-data.ts";
import { pageOf } from "./page.ts";
import { purge, writeBatch } from "./write.ts";
import type { WorkflowRows } from "./workflow-rows.ts";

/**
 * The journal in memory: for a gateway that needs no durability, and for tests.
 *
 * Owns the rows ({@link MemoryData}) of everything that goes through it. Batches of one workflow, and of one request
 * key, wait for each other; within that queue a batch is judged, its audit events are appended, and only then are the
 * rows written, in one synchronous go. So the port's S1 to S4 hold, "durable" meaning for as long as the process lives:
 *
 * M1 A batch whose events the sink refuses changes nothing.
 * M2 Rows are frozen when they are written: what a caller does to its objects afterwards changes nothing (S5).
 * M3 Terminal instances are kept in bounded number, size of blobs and time. What is not terminal is never dropped.
 */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Where the audit events of batches go. Left out, nowhere. */
  readonly audit?: AuditSink;
  /** The name of this handle among those that share `data`. Default `memory`. */
  readonly replica?: string;
  /** Rows to share with other handles. Left out, rows of its own. */
  readonly data?: MemoryData;
  /** Terminal instances kept at most. Default 10,000. */
  readonly maxTerminal?: number;
  /** Characters of blobs kept at most before terminal instances go for them. Default 128 Mi. */
  readonly maxBlobSize?: number;
  /** How long a terminal instance is kept that says nothing itself, in milliseconds. Default 24 hours. */
  readonly retentionMs?: number;
}

/** An operation that runs this much longer than its deadline has lost its driver. */
const ORPHAN_GRACE_MS = 30_000;

/** More than one workflow can have, so that the order of approvals is that of workflows first. */
const APPROVALS_PER_WORKFLOW = 1_000_000;

export function createMemoryStore(options: MemoryStoreOptions): WorkflowStore {
  return new MemoryStore(options);
}

class MemoryStore implements WorkflowStore {
  readonly #clock: Clock;
  readonly #audit: AuditSink | undefined;
  readonly #rows: Rows;
  readonly #lease: Lease;
  readonly #claimant: string;
  readonly #maxTerminal: number;
  readonly #maxBlobSize: number;
  readonly #retentionMs: number;
  readonly #own = new Set<(workflowId: string) => void>();
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock;
    this.#audit = options.audit;
    this.#rows = (options.data ?? createMemoryData()).rows;
    this.#maxTerminal = options.maxTerminal ?? 10_000;
    this.#maxBlobSize = options.maxBlobSize ?? 128 * 1024 * 1024;
    this.#retentionMs = options.retentionMs ?? 86_400_000;
    const replica = options.replica ?? "memory";
    const epoch = (this.#rows.epochs += 1);
    this.#lease = Object.freeze({ replica, epoch, validUntil: Number.POSITIVE_INFINITY, quarantineMs: 0 });
    this.#claimant = claimantId(replica, epoch);
    this.#rows.replicas.add(this.#claimant);
  }

  now(): number {
    return this.#clock.now();
  }

  lease(): Lease {
    return this.#lease;
  }

  async apply(batch: Batch): Promise<ApplyResult> {
    this.#assertOpen();
    const workflowId = workflowOf(this.#rows, batch);
    // Where no sink is waited for, a batch is judged and written in one tick, and has nobody to keep out.
    if (this.#audit === undefined && this.#rows.locks.size === 0)
      return this.#judgeAndWrite(workflowId, batch);
    const keys = [
      ...(batch.expect.requestUnused === undefined ? [] : [`r:${requestId(batch.expect.requestUnused)}`]),
      ...(workflowId === undefined ? [] : [`w:${workflowId}`]),
    ];
    return await this.#locked(keys, async () => {
      this.#assertOpen();
      const refused = findRefusal(this.#rows, workflowId, batch, this.now());
      if (refused !== undefined) return refused;
      await this.#append(batch.audit);
      this.#assertOpen();
      // Rates are shared by workflows, so they are judged again in the same tick as they are counted.
      return this.#judgeAndWrite(workflowId, batch);
    });
  }

  #judgeAndWrite(workflowId: string | undefined, batch: Batch): ApplyResult {
    const refused = findRefusal(this.#rows, workflowId, batch, this.now());
    if (refused !== undefined) return refused;
    writeBatch(this.#rows, workflowId, batch, this.now());
    if (
      batch.expect.absent !== undefined ||
      batch.instance?.status === "terminal" ||
      batch.blobs !== undefined
    )
      this.#collect();
    this.#notify(workflowId, batch);
    return { status: "applied" };
  }

  async record(events: readonly AuditDraft[]): Promise<void> {
    this.#assertOpen();
    await this.#append(events);
  }

  async load(workflowId: string): Promise<InstanceAggregate | undefined> {
    this.#assertOpen();
    const own = rowsOf(this.#rows, workflowId);
    return own === undefined ? undefined : toAggregate(own);
  }

  async loadAll(workflowIds: readonly string[]): Promise<readonly InstanceAggregate[]> {
    this.#assertOpen();
    const found = workflowIds.map((id) => rowsOf(this.#rows, id));
    return found.filter((own) => own !== undefined).map(toAggregate);
  }

  async operation(operationId: string): Promise<Operation | undefined> {
    this.#assertOpen();
    return this.#operationNow(operationId);
  }

  async journal(workflowId: string, fromVersion = 0): Promise<readonly Operation[]> {
    this.#assertOpen();
    const operations = rowsOf(this.#rows, workflowId)?.operations ?? [];
    return operations.filter((operation) => operation.fromVersion >= fromVersion);
  }

  async instances(filter: InstanceFilter): Promise<Page<WorkflowInstance>> {
    this.#assertOpen();
    const statuses = filter.statuses === undefined ? undefined : new Set(filter.statuses);
    const all = [...this.#rows.workflows.values()].filter((rows) => {
      const { tenant, owner, definitionId } = isEnded(rows) ? rows : rows.instance;
      return (
        (filter.tenant === undefined || tenant === filter.tenant) &&
        (filter.owner === undefined || owner === filter.owner) &&
        (filter.definitionId === undefined || definitionId === filter.definitionId) &&
        (statuses === undefined || statuses.has(isEnded(rows) ? "terminal" : rows.instance.status))
      );
    });
    return pageOf(
      all,
      (rows) => [(isEnded(rows) ? rows : rows.instance).createdAt, rows.sequence],
      (rows) => (isEnded(rows) ? fromEnded(rows, this.#rows.texts) : rows).instance,
      filter,
    );
  }

  async approval(approvalId: string): Promise<Approval | undefined> {
    this.#assertOpen();
    return this.#ownerOf(this.#rows.approvalOwner, approvalId)?.approvals.get(approvalId);
  }

  async approvals(filter: ApprovalFilter): Promise<Page<Approval>> {
    this.#assertOpen();
    const statuses = filter.statuses === undefined ? undefined : new Set(filter.statuses);
    const all: { readonly approval: Approval; readonly order: number }[] = [];
    for (const own of this.#rows.workflows.values()) {
      if (isEnded(own)) continue;
      let order = own.sequence * APPROVALS_PER_WORKFLOW;
      for (const approval of own.approvals.values()) {
        order += 1;
        if (
          (filter.tenant === undefined || approval.tenant === filter.tenant) &&
          (filter.queue === undefined || approval.queue === filter.queue) &&
          (filter.workflowId === undefined || approval.workflowId === filter.workflowId) &&
          (statuses === undefined || statuses.has(approval.status))
        ) {
          all.push({ approval, order });
        }
      }
    }
    return pageOf(
      all,
      ({ approval, order }) => [approval.requestedAt, order],
      ({ approval }) => approval,
      filter,
    );
  }

  async request(tenant: string, principal: string, key: string): Promise<RequestKey | undefined> {
    this.#assertOpen();
    const request = this.#rows.requests.get(requestId({ tenant, principal, key }));
    return request === undefined || request.expiresAt <= this.now() ? undefined : request;
  }

  async rate(key: string, perMs: number): Promise<number> {
    this.#assertOpen();
    return countSince(this.#rows, key, this.now() - perMs);
  }

  async blob(workflowId: string, sha256: string): Promise<string | undefined> {
    this.#assertOpen();
    return this.#rows.workflows.get(workflowId)?.blobs.get(sha256);
  }

  async definition(hash: string): Promise<Definition | undefined> {
    this.#assertOpen();
    return this.#rows.definitions.get(hash)?.definition;
  }

  async due(limit: number): Promise<DueWork> {
    this.#assertOpen();
    const rows = this.#rows;
    const now = this.now();
    const timers = rows.timerQueue.due(now, limit, this.#lookTimer).map((id) => this.#timer(id)!);
    const retries = rows.retryQueue.due(now, limit, this.#lookRetry).map((id) => this.#operationNow(id)!);
    const orphans: Operation[] = [];
    for (const id of rows.running) {
      if (orphans.length >= limit) break;
      const operation = this.#operationNow(id);
      if (operation !== undefined && this.#isOrphaned(operation, now)) orphans.push(operation);
    }
    const signals = [];
    for (const workflowId of rows.signalled) {
      if (signals.length >= limit) break;
      signals.push(...(rowsOf(rows, workflowId)?.signals.values() ?? []));
    }
    return { timers, retries, orphans, signals: signals.slice(0, limit) };
  }

  async nextDueAt(): Promise<number | undefined> {
    this.#assertOpen();
    const timer = this.#rows.timerQueue.nextAt(this.#lookTimer);
    const retry = this.#rows.retryQueue.nextAt(this.#lookRetry);
    return timer === undefined || retry === undefined ? (timer ?? retry) : Math.min(timer, retry);
  }

  onChange(listener: (workflowId: string) => void): () => void {
    const call = (workflowId: string): void => listener(workflowId);
    this.#rows.listeners.add(call);
    this.#own.add(call);
    return () => {
      this.#rows.listeners.delete(call);
      this.#own.delete(call);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rows.replicas.delete(this.#claimant);
    for (const listener of this.#own) this.#rows.listeners.delete(listener);
    this.#own.clear();
  }

  readonly #lookTimer = (id: string, dueAt: number): "gone" | "held" | "live" => {
    const own = this.#ownerOf(this.#rows.timerOwner, id);
    if (own?.timers.get(id)?.dueAt !== dueAt) return "gone";
    const { status, operationId } = own.instance;
    const free =
      status === "idle" || status === "waiting" || (status === "parked" && operationId === undefined);
    return free ? "live" : "held";
  };

  readonly #lookRetry = (id: string, dueAt: number): "gone" | "live" => {
    const operation = this.#operationNow(id);
    return operation?.status === "waiting" && operation.nextAttemptAt === dueAt ? "live" : "gone";
  };

  #isOrphaned(operation: Operation, now: number): boolean {
    if (now > operation.deadlineAt + ORPHAN_GRACE_MS) return true;
    const claim = rowsOf(this.#rows, operation.workflowId)?.instance.claim;
    return claim === undefined || !this.#rows.replicas.has(claimantId(claim.replica, claim.epoch));
  }

  #timer(id: string): InstanceAggregate["timers"][number] | undefined {
    return this.#ownerOf(this.#rows.timerOwner, id)?.timers.get(id);
  }

  #operationNow(id: string): Operation | undefined {
    const own = this.#ownerOf(this.#rows.operationOwner, id);
    return own === undefined ? undefined : operationOf(own, id);
  }

  #ownerOf(owners: ReadonlyMap<string, string>, id: string): WorkflowRows | undefined {
    const owner = owners.get(id);
    return owner === undefined ? undefined : rowsOf(this.#rows, owner);
  }

  #assertOpen(): void {
    if (this.#closed) throw new FlowgateError("STORE_UNAVAILABLE", "the store is closed");
  }

  /** M1 */
  async #append(events: readonly AuditDraft[]): Promise<void> {
    if (this.#audit === undefined || events.length === 0) return;
    try {
      await this.#audit.append(events);
    } catch (thrown) {
      const message = "the audit trail cannot be written, so nothing was done";
      throw new FlowgateError("AUDIT_UNAVAILABLE", message, { cause: thrown });
    }
  }

  /** Runs `work` after all that was queued for any of `keys`. */
  async #locked<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const { locks } = this.#rows;
    const before = keys.map((key) => locks.get(key)).filter((tail) => tail !== undefined);
    let release = (): void => undefined;
    const tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const key of keys) locks.set(key, tail);
    try {
      if (before.length > 0) await Promise.all(before);
      return await work();
    } finally {
      release();
      for (const key of keys) if (locks.get(key) === tail) locks.delete(key);
    }
  }

  /** M3 */
  #collect(): void {
    const now = this.now();
    const { terminal, workflows } = this.#rows;
    for (let workflowId = terminal.first(); workflowId !== undefined; workflowId = terminal.first()) {
      const rows = workflows.get(workflowId);
      const until = rows === undefined ? 0 : keptUntil(rows, this.#retentionMs);
      const isWithin = terminal.size <= this.#maxTerminal && this.#rows.blobSize <= this.#maxBlobSize;
      if (isWithin && until > now) return;
      terminal.shift();
      if (rows !== undefined && (isEnded(rows) || rows.instance.status === "terminal"))
        purge(this.#rows, workflowId);
    }
  }

  #notify(workflowId: string | undefined, batch: Batch): void {
    if (this.#rows.listeners.size === 0) return;
    const changed = new Set((batch.signals ?? []).map((signal) => signal.workflowId));
    if (workflowId !== undefined) changed.add(workflowId);
    for (const id of changed) for (const listener of this.#rows.listeners) listener(id);
  }
}

function keptUntil(rows: WorkflowRows | EndedRows, retentionMs: number): number {
  if (isEnded(rows)) return rows.purgeAfter ?? rows.endedAt + retentionMs;
  const { purgeAfter, terminalAt, updatedAt } = rows.instance;
  return purgeAfter ?? (terminalAt ?? updatedAt) + retentionMs;
}

function claimantId(replica: string, epoch: number): string {
  return `${epoch}:${replica}`;
}

/** The one instance whose rows a batch writes; signals alone may be for another. */
function workflowOf(rows: Rows, batch: Batch): string | undefined {
  const late = batch.lateResults?.[0]?.operationId;
  return (
    batch.expect.absent ??
    batch.expect.instance?.id ??
    batch.instance?.id ??
    batch.operations?.[0]?.workflowId ??
    batch.approvals?.[0]?.workflowId ??
    batch.signals?.[0]?.workflowId ??
    (late === undefined ? undefined : rows.operationOwner.get(late))
  );
}

function toAggregate(own: WorkflowRows): InstanceAggregate {
  const { instance, evidence } = own;
  const signals = valuesOf(own.signals);
  const approvals =
    own.approvals.size === 0
      ? NONE
      : valuesOf(own.approvals).filter(
          ({ id, status }) =>
            status === "pending" || signals.some((signal) => signal.payload["approvalId"] === id),
        );
  const rows = { instance, evidence, approvals, timers: valuesOf(own.timers), signals };
  const { operationId } = instance;
  const operation = operationId === undefined ? own.operations.at(-1) : operationOf(own, operationId);
  return operation === undefined ? rows : { ...rows, operation };
}

/** Most instances have none of most rows. */
const NONE: readonly never[] = [];

function valuesOf<Row>(rows: ReadonlyMap<string, Row>): readonly Row[] {
  return rows.size === 0 ? NONE : [...rows.values()];
}
