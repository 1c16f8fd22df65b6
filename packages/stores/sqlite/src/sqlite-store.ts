import { hostname } from "node:os";
import type {
  ApplyResult,
  Approval,
  ApprovalFilter,
  AuditDraft,
  Batch,
  Clock,
  Definition,
  DueWork,
  InstanceAggregate,
  InstanceFilter,
  Lease,
  Log,
  Operation,
  Page,
  RequestKey,
  SealTable,
  SharedState,
  WorkflowInstance,
  AuditFilter,
  StoredAudit,
} from "@mcp-flowgate/core";
import {
  closedError,
  collectNowAndThen,
  createAuditChain,
  createForwarding,
  toRetention,
  type BatchRows,
  type Collected,
  type Forwarding,
  type Migrated,
  type SqlStore,
  type SqlStoreOptions,
} from "@mcp-flowgate/store-sql";
import type Database from "better-sqlite3";
import { createAuditTable, type AuditTable } from "./audit-table.ts";
import { backUp } from "./backup.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createChangeFeed, type ChangeFeed } from "./change-feed.ts";
import { createCommitQueue, type CommitQueue } from "./commit-queue.ts";
import { openDatabase, type OpenedDatabase } from "./database.ts";
import { createExpectation, type Expectation } from "./expectation.ts";
import { fromKey, toKey } from "./keys.ts";
import { createReader, type Reader } from "./read.ts";
import { createRecentInstances } from "./recent-instances.ts";
import { createReplicaLease, type ReplicaLease } from "./replica-lease.ts";
import { createRetention, type Retention } from "./retention.ts";
import { retryBusy } from "./retry-busy.ts";
import { toBatchRows } from "./rows.ts";
import { createSharedState } from "./shared-state.ts";
import { toStoreError } from "./store-error.ts";
import { createWriter, type Writer } from "./write.ts";

/**
 * The journal in one SQLite file, shared by the processes of one machine.
 *
 * Owns a connection, a lock of this process (`replica-lease.ts`) and the queue of its writes (`commit-queue.ts`).
 * Every write of the package goes through that queue, and the queue never leaves a transaction open when it gives the
 * event loop back; so whatever reads in between sees committed rows only (S4).
 *
 * D1 Conditions are judged, rows written and audit records chained in one savepoint (S1, S2), and nobody is answered
 *    before the commit is flushed: `synchronous` is FULL, which is asserted at the start.
 * D2 Rows become text when they are handed in (S5). What comes back is parsed from that text, not from columns.
 * D3 The write lock is waited for with the event loop free, in this process and among processes.
 */
export interface SqliteStore extends SqlStore {
  /** Copies the store, while it is in use, to a new file. */
  backup(to: string): Promise<void>;
}

export interface SqliteStoreOptions extends SqlStoreOptions {
  /** The file. It and its folder are made where they are missing. */
  readonly path: string;
  /** After how long without a heartbeat a process that still lives is given up, in milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /** For how long other processes may hold the file's lock before a write is given up, in milliseconds. Default 5,000. */
  readonly busyMs?: number;
}

/**
 * Opens the store, in as many processes as there are.
 * @throws FlowgateError `STORE_UNAVAILABLE` where the file cannot be used; the message says why, and how to mend it.
 */
export async function createSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const busyMs = options.busyMs ?? 5000;
  const opened = await openDatabase(options.path, busyMs);
  let lease: ReplicaLease | undefined;
  try {
    const queue = createCommitQueue(opened.sqlite, { busyMs, isInPlace: opened.isInPlace });
    lease = await createReplicaLease({
      opened,
      queue,
      clock: options.clock,
      log: options.log,
      replica: options.replica ?? `${hostname()}-${process.pid}`,
      leaseMs: options.leaseMs ?? 15_000,
    });
    return new JournalStore(options, opened, queue, lease, busyMs);
  } catch (thrown) {
    lease?.abandon();
    opened.sqlite.close();
    throw toStoreError(thrown);
  }
}

class JournalStore implements SqliteStore {
  readonly migrated: Migrated;
  readonly shared: SharedState;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #opened: OpenedDatabase;
  readonly #queue: CommitQueue;
  readonly #lease: ReplicaLease;
  readonly #expectation: Expectation;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #recent = createRecentInstances();
  readonly checkpoints: SealTable;
  readonly #auditTable: AuditTable;
  readonly #feed: ChangeFeed;
  readonly #retention: Retention;
  readonly #forwarding: Forwarding;
  readonly #terminalMs: number;
  readonly #busyMs: number;
  readonly #snapshot: { readonly begin: Database.Statement; readonly end: Database.Statement };
  readonly #cancelGc: () => void;
  #closing: Promise<void> | undefined;

  constructor(
    options: SqliteStoreOptions,
    opened: OpenedDatabase,
    queue: CommitQueue,
    lease: ReplicaLease,
    busyMs: number,
  ) {
    const { log } = options;
    const { db, sqlite } = opened;
    this.migrated = opened.migrated;
    this.shared = createSharedState({ opened, queue, lease, now: () => this.now(), busyMs });
    this.#clock = options.clock;
    this.#log = log;
    this.#opened = opened;
    this.#queue = queue;
    this.#lease = lease;
    this.#busyMs = busyMs;
    this.#expectation = createExpectation(opened);
    this.#writer = createWriter(opened);
    this.#reader = createReader(opened);
    this.#auditTable = createAuditTable(opened, options.auditChain ?? createAuditChain(options));
    this.#feed = createChangeFeed({ opened, queue, log, epoch: lease.epoch });
    this.#forwarding = createForwarding(options.forward, options.log);
    const { terminalMs, auditMs } = toRetention(options.retention);
    this.#terminalMs = terminalMs;
    const { sealPurge } = options;
    const forget = (): void => {
      this.#recent.clear();
      this.#auditTable.forget();
    };
    queue.onDoubt(forget);
    queue.onRun(() => this.#auditTable.write());
    this.#retention = createRetention({
      db,
      queue,
      now: () => this.now(),
      auditMs,
      onRemoved: forget,
      sealPurge,
    });
    this.checkpoints = createCheckpoints({
      opened,
      queue,
      lease,
      read: (work) => this.#read(() => work()),
    });
    this.#snapshot = { begin: sqlite.prepare("BEGIN"), end: sqlite.prepare("COMMIT") };
    this.#cancelGc = collectNowAndThen(options, () => this.gc());
  }

  now(): number {
    return this.#clock.now();
  }

  lease(): Lease {
    return this.#lease.lease();
  }

  async apply(batch: Batch): Promise<ApplyResult> {
    this.#assertOpen();
    const rows = toBatchRows(batch, this.#terminalMs);
    const { audit } = batch;
    try {
      const { result, changed } = await this.#queue.add(() => this.#judgeAndWrite(rows, audit), "again");
      if (result.status === "applied") {
        this.#feed.announce(changed.map(fromKey));
        this.#forwarding.forward(audit);
      }
      return result;
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  }

  async record(events: readonly AuditDraft[]): Promise<void> {
    this.#assertOpen();
    if (events.length === 0) return;
    try {
      await this.#queue.add(() => this.#auditTable.append(events, this.#lease.auditStream), "again");
    } catch (thrown) {
      throw toStoreError(thrown, "AUDIT_UNAVAILABLE");
    }
    this.#forwarding.forward(events);
  }

  async load(workflowId: string): Promise<InstanceAggregate | undefined> {
    const key = toKey(workflowId);
    if (this.#isAsNoticed()) {
      const recent = this.#recent.get(key);
      if (recent !== undefined) return recent;
    }
    return await this.#read((reader) => {
      this.#queue.notice();
      return this.#load(reader, workflowId);
    });
  }

  loadAll(workflowIds: readonly string[]): Promise<readonly InstanceAggregate[]> {
    return this.#read((reader) => {
      this.#queue.notice();
      return workflowIds.map((id) => this.#load(reader, id)).filter((read) => read !== undefined);
    });
  }

  #load(reader: Reader, workflowId: string): InstanceAggregate | undefined {
    const key = toKey(workflowId);
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const read = reader.load(workflowId);
    if (read !== undefined) this.#recent.put(key, read);
    return read;
  }

  operation(operationId: string): Promise<Operation | undefined> {
    return this.#read((reader) => reader.operation(operationId));
  }

  journal(workflowId: string, fromVersion = 0): Promise<readonly Operation[]> {
    return this.#read((reader) => reader.journal(workflowId, fromVersion));
  }

  instances(filter: InstanceFilter): Promise<Page<WorkflowInstance>> {
    return this.#read((reader) => reader.instances(filter));
  }

  approval(approvalId: string): Promise<Approval | undefined> {
    return this.#read((reader) => reader.approval(approvalId));
  }

  approvals(filter: ApprovalFilter): Promise<Page<Approval>> {
    return this.#read((reader) => reader.approvals(filter));
  }

  async request(tenant: string, principal: string, key: string): Promise<RequestKey | undefined> {
    const request = await this.#read(() => this.#expectation.request({ tenant, principal, key }));
    return request === undefined || request.expiresAt <= this.now() ? undefined : request;
  }

  rate(key: string, perMs: number): Promise<number> {
    return this.#read(() => this.#expectation.countRates(key, this.now() - perMs));
  }

  blob(workflowId: string, sha256: string): Promise<string | undefined> {
    return this.#read((reader) => reader.blob(workflowId, sha256));
  }

  definition(hash: string): Promise<Definition | undefined> {
    return this.#read((reader) => reader.definition(hash));
  }

  due(limit: number): Promise<DueWork> {
    return this.#read((reader) => reader.due(this.now(), limit, this.#lease.judge()));
  }

  nextDueAt(): Promise<number | undefined> {
    return this.#read((reader) => reader.nextDueAt());
  }

  onChange(listener: (workflowId: string) => void): () => void {
    return this.#feed.listen(listener);
  }

  audit(filter: AuditFilter): Promise<readonly StoredAudit[]> {
    return this.#read(() => this.#auditTable.read(filter));
  }

  async gc(): Promise<Collected> {
    this.#assertOpen();
    try {
      return await this.#retention.collect();
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  }

  async backup(to: string): Promise<void> {
    this.#assertOpen();
    await backUp(this.#opened.path, to);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelGc();
    this.#feed.close();
    try {
      await this.#lease.release();
    } catch (thrown) {
      this.#log.warn("the store's row of this process could not be removed", { error: String(thrown) });
    }
    await this.#queue.drained();
    await this.#forwarding.drained();
    const { sqlite } = this.#opened;
    try {
      // Leaves one small file behind where this was the last process on it.
      sqlite.pragma("wal_checkpoint(TRUNCATE)");
    } catch (thrown) {
      this.#log.debug("the store's log was not folded into its file", { error: String(thrown) });
    }
    sqlite.close();
  }

  /** D1; only inside a transaction. */
  #judgeAndWrite(
    rows: BatchRows,
    audit: readonly AuditDraft[],
  ): { readonly result: ApplyResult; readonly changed: readonly string[] } {
    const now = this.now();
    const { workflowId } = rows;
    const present =
      workflowId === undefined
        ? undefined
        : (this.#recent.standing(workflowId) ?? this.#writer.standing(workflowId));
    const refused = this.#expectation.findRefusal(rows, now, present);
    if (refused !== undefined) return { result: refused, changed: [] };
    const changed = this.#writer.write(rows, present, now, () => this.#feed.mark());
    this.#recent.wrote(rows, changed);
    this.#auditTable.append(audit, this.#lease.auditStream);
    return { result: { status: "applied" }, changed };
  }

  /**
   * Whether what is at hand is what the file says; without a transaction, since that nobody has written is all that has
   * to hold. Where it cannot be said, the read that follows meets the same, and says so or waits for it.
   */
  #isAsNoticed(): boolean {
    this.#assertOpen();
    try {
      this.#queue.notice();
      return true;
    } catch {
      return false;
    }
  }

  /** Everything that `read` reads is of one moment. */
  async #read<T>(read: (reader: Reader) => T): Promise<T> {
    this.#assertOpen();
    const { sqlite } = this.#opened;
    try {
      return await retryBusy(this.#busyMs, () => {
        this.#assertOpen();
        this.#snapshot.begin.run();
        try {
          return read(this.#reader);
        } finally {
          if (sqlite.inTransaction) this.#snapshot.end.run();
        }
      });
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}
