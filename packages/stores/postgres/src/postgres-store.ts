import { hostname } from "node:os";
import type {
  ApplyResult,
  Approval,
  ApprovalFilter,
  AuditDraft,
  Batch,
  Definition,
  DueWork,
  InstanceAggregate,
  InstanceFilter,
  Lease,
  Log,
  Operation,
  Page,
  RequestKey,
  SealPurge,
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
  type Collected,
  type Forwarding,
  type Migrated,
  type RetentionOptions,
  type SqlStore,
  type SqlStoreOptions,
} from "@mcp-flowgate/store-sql";
import { readAudit } from "./audit-table.ts";
import { createChangeFeed, type ChangeFeed } from "./change-feed.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createCommitQueue, type CommitQueue } from "./commit-queue.ts";
import { openDatabase, type Database } from "./database.ts";
import { createKnownDefinitions } from "./known-definitions.ts";
import { migrate } from "./migrate.ts";
import { createReader, type Reader } from "./read.ts";
import { createReplicaLease, type ReplicaLease } from "./replica-lease.ts";
import { collect } from "./retention.ts";
import { toBatchRows } from "./rows.ts";
import { createSharedState } from "./shared-state.ts";
import { createKnownStandings, type KnownStandings } from "./standing.ts";
import { toStoreError } from "./store-error.ts";

/**
 * The journal in a PostgreSQL database, shared by any number of replicas.
 *
 * Owns a pool of connections, this process's row among the replicas (`replica-lease.ts`) and the queue of its writes
 * (`commit-queue.ts`). No replica is special; what they have to agree on, the database decides.
 *
 * D1 Conditions are judged under locks, rows written and audit records chained in one transaction (S1, S2), and nobody
 *    is answered before the server has said that it committed.
 * D2 Rows become text when they are handed in (S5). What comes back is parsed from that text, not from columns.
 * D3 Time is the database's. A replica's own clock only counts what passed since the database last said it.
 * D4 Every wait for the database is bounded; what ends a connection ends neither this process nor the store.
 */
export interface PostgresStore extends SqlStore {}

export interface PostgresStoreOptions extends SqlStoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. The tables are in its schema `mcp_flowgate`, which is made where it is missing. */
  readonly url: string;
  /** How many connections it uses at most. Default 10. */
  readonly poolSize?: number;
  /** How long one statement may take, in milliseconds. Default 10,000. */
  readonly statementTimeoutMs?: number;
  /** After how long without a heartbeat a process is given up, in milliseconds. Default 15,000. */
  readonly leaseMs?: number;
}

/** Transactions on their way at a time: the server flushes those that end together at once, and what waits shares the next. */
const MAX_LANES = 4;

/**
 * Opens the store, in as many processes as there are.
 * @throws FlowgateError `STORE_UNAVAILABLE` where the database cannot be used; the message says why, and how to mend it.
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { url, log, clock } = options;
  const replica = options.replica ?? `${hostname()}-${process.pid}`;
  const size = options.poolSize ?? 10;
  // One of them is for hints; with a single one, there are none.
  const hints = size > 1;
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const database = await openDatabase({
    url,
    log,
    statementTimeoutMs,
    name: replica,
    poolSize: hints ? size - 1 : 1,
  });
  let lease: ReplicaLease | undefined;
  try {
    const migrated = await migrate(database);
    const beating: { feed?: ChangeFeed } = {};
    lease = await createReplicaLease({
      database,
      clock,
      log,
      replica,
      leaseMs: options.leaseMs ?? 15_000,
      onBeat: () => {
        beating.feed
          ?.beat()
          .catch((thrown: unknown) =>
            log.debug("the store's changes were not tended", { error: String(thrown) }),
          );
      },
    });
    const feed = await createChangeFeed({ database, clock, log, epoch: lease.epoch, hints });
    beating.feed = feed;
    const standings = createKnownStandings();
    const queue = createCommitQueue({
      database,
      log,
      chain: options.auditChain ?? createAuditChain(options),
      ownStream: lease.auditStream,
      epoch: lease.epoch,
      known: createKnownDefinitions(() => clock.monotonic()),
      standings,
      guard: lease.guard,
      lanes: Math.max(1, Math.min(MAX_LANES, size - 3)),
      patienceMs: statementTimeoutMs,
      onCommit: (ids) => feed.announce(ids),
    });
    return new JournalStore(options, { database, migrated, lease, feed, queue, standings });
  } catch (thrown) {
    await lease?.release().catch(() => undefined);
    await database.close();
    throw toStoreError(thrown);
  }
}

interface Parts {
  readonly database: Database;
  readonly migrated: Migrated;
  readonly lease: ReplicaLease;
  readonly feed: ChangeFeed;
  readonly queue: CommitQueue;
  readonly standings: KnownStandings;
}

class JournalStore implements PostgresStore {
  readonly migrated: Migrated;
  readonly checkpoints: SealTable;
  readonly shared: SharedState;
  readonly #log: Log;
  readonly #database: Database;
  readonly #lease: ReplicaLease;
  readonly #feed: ChangeFeed;
  readonly #queue: CommitQueue;
  readonly #reader: Reader;
  readonly #forwarding: Forwarding;
  readonly #retention: Required<RetentionOptions>;
  readonly #sealPurge: SealPurge | undefined;
  readonly #cancelGc: () => void;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresStoreOptions, { database, migrated, lease, feed, queue, standings }: Parts) {
    this.migrated = migrated;
    this.shared = createSharedState({ database, epoch: lease.epoch });
    this.#log = options.log;
    this.#database = database;
    this.#lease = lease;
    this.#feed = feed;
    this.#queue = queue;
    this.#reader = createReader(database, standings);
    this.#forwarding = createForwarding(options.forward, options.log);
    this.#retention = toRetention(options.retention);
    this.#sealPurge = options.sealPurge;
    this.checkpoints = createCheckpoints({
      database,
      epoch: lease.epoch,
      run: (work) => this.#read(() => work()),
    });
    this.#cancelGc = collectNowAndThen(options, () => this.gc());
  }

  now(): number {
    return this.#lease.now();
  }

  lease(): Lease {
    return this.#lease.lease();
  }

  async apply(batch: Batch): Promise<ApplyResult> {
    this.#assertOpen();
    const { audit } = batch;
    try {
      const { outcome } = await this.#queue.add({
        batch: toBatchRows(batch, this.#retention.terminalMs),
        audit: [...audit],
      });
      if (outcome.kind === "failed") throw outcome.error;
      if (outcome.kind === "refused") return outcome.result;
      this.#forwarding.forward(audit);
      return { status: "applied" };
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  }

  async record(events: readonly AuditDraft[]): Promise<void> {
    this.#assertOpen();
    if (events.length === 0) return;
    try {
      const { outcome } = await this.#queue.add({ batch: undefined, audit: [...events] });
      if (outcome.kind === "failed") throw outcome.error;
    } catch (thrown) {
      throw toStoreError(thrown, "AUDIT_UNAVAILABLE");
    }
    this.#forwarding.forward(events);
  }

  load(workflowId: string): Promise<InstanceAggregate | undefined> {
    return this.#read((reader) => reader.load(workflowId));
  }

  loadAll(workflowIds: readonly string[]): Promise<readonly InstanceAggregate[]> {
    return this.#read((reader) => reader.loadAll(workflowIds));
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

  request(tenant: string, principal: string, key: string): Promise<RequestKey | undefined> {
    return this.#read((reader) => reader.request(tenant, principal, key));
  }

  rate(key: string, perMs: number): Promise<number> {
    return this.#read((reader) => reader.rate(key, perMs));
  }

  blob(workflowId: string, sha256: string): Promise<string | undefined> {
    return this.#read((reader) => reader.blob(workflowId, sha256));
  }

  definition(hash: string): Promise<Definition | undefined> {
    return this.#read((reader) => reader.definition(hash));
  }

  due(limit: number): Promise<DueWork> {
    return this.#read((reader) => reader.due(limit, this.#lease.claimant));
  }

  nextDueAt(): Promise<number | undefined> {
    return this.#read((reader) => reader.nextDueAt());
  }

  onChange(listener: (workflowId: string) => void): () => void {
    return this.#feed.listen(listener);
  }

  audit(filter: AuditFilter): Promise<readonly StoredAudit[]> {
    return this.#read(() => readAudit(this.#database, filter));
  }

  gc(): Promise<Collected> {
    return this.#read(() => collect(this.#database, this.#retention.auditMs, this.#sealPurge));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelGc();
    await this.#queue.drained();
    await this.#feed.close();
    try {
      await this.#lease.release();
    } catch (thrown) {
      this.#log.warn("the store's row of this process could not be removed", { error: String(thrown) });
    }
    await this.#forwarding.drained();
    await this.#database.close();
  }

  async #read<T>(read: (reader: Reader) => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return await read(this.#reader);
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}
