import type { Clock, Lease, Log } from "@mcp-flowgate/core";
import { dispatchUntil, ownStreamOf, toLease } from "@mcp-flowgate/store-sql";
import type { CommitQueue } from "./commit-queue.ts";
import type { OpenedDatabase } from "./database.ts";
import { eq, sql } from "./drizzle.ts";
import {
  probeProcessLock,
  removeProcessLock,
  removeStrayLocks,
  takeProcessLock,
  type ProcessLock,
} from "./process-lock.ts";
import { toClaimant } from "./rows.ts";
import { counters, replicas } from "./schema.ts";

/**
 * Owns: this process's row among the replicas, its lock, and what it knows about the others.
 *
 * L1 An epoch is never given twice. The row is written after the lock is held, so a row whose lock is free is of a
 *    process that has ended, and stays so.
 * L2 A claimant is gone where it has no row, where its lock is free, or where its beat stood still for a whole lease
 *    while this process watched. No wall clock is compared, so setting one moves no lease.
 * L3 This process may dispatch effects until 0.7 of a lease after it began to write its last beat. Whoever watches it
 *    saw that beat later, and waits for a whole lease: by the same monotonic rate it stops before they take over.
 */
export interface ReplicaLease {
  /** Of this process's records that concern no instance. */
  readonly auditStream: string;
  readonly epoch: number;
  lease(): Lease;
  /** How a claimant of running operations is judged now. Reads the replicas' rows once. */
  judge(): (claimant: string) => boolean;
  /** Whether the process with this epoch is gone, judged as claimants are. */
  isGone(epoch: number): boolean;
  /** The rows of the processes that live, this one's among them. */
  living(): readonly ReplicaRow[];
  /** Takes the row away and lets go of the lock: the end of the claimant for everybody. */
  release(): Promise<void>;
  /** Lets go of what the operating system holds, where the row cannot be taken away. */
  abandon(): void;
}

export interface ReplicaLeaseOptions {
  readonly opened: OpenedDatabase;
  readonly queue: CommitQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: string;
  readonly leaseMs: number;
}

export async function createReplicaLease(options: ReplicaLeaseOptions): Promise<ReplicaLease> {
  const { opened, queue, clock, replica } = options;
  const lock = takeProcessLock(opened.path);
  try {
    const sentAt = clock.monotonic();
    const epoch = await queue.add(() => {
      const [counter] = opened.db
        .update(counters)
        .set({ value: sql`${counters.value} + 1` })
        .where(eq(counters.name, "epoch"))
        .returning()
        .all();
      const next = counter?.value ?? 0;
      const row = {
        epoch: next,
        id: replica,
        lock: lock.name,
        pid: process.pid,
        beat: 0,
        startedAt: clock.now(),
      };
      opened.db.insert(replicas).values(row).run();
      return next;
    });
    return new RowLease(options, lock, epoch, sentAt);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

export type ReplicaRow = typeof replicas.$inferSelect;
type Row = ReplicaRow;

class RowLease implements ReplicaLease {
  readonly auditStream: string;
  readonly epoch: number;
  readonly #options: ReplicaLeaseOptions;
  readonly #own: string;
  readonly #selectAll: { all(): Row[] };
  readonly #watched = new Map<number, { beat: number; since: number }>();
  #lock: ProcessLock;
  #validUntil: number;
  #isBeating = false;
  #cancel: () => void;

  constructor(options: ReplicaLeaseOptions, lock: ProcessLock, epoch: number, sentAt: number) {
    this.#options = options;
    this.#lock = lock;
    this.epoch = epoch;
    this.auditStream = ownStreamOf(options.replica, epoch);
    this.#own = toClaimant({ replica: options.replica, epoch });
    const { db, prepare } = options.opened;
    this.#selectAll = prepare.rows(db.select().from(replicas), [
      "epoch",
      "id",
      "lock",
      "pid",
      "beat",
      "startedAt",
      "about",
    ]);
    this.#validUntil = dispatchUntil(sentAt, options.leaseMs);
    this.#cancel = this.#schedule();
    this.#watchOthers();
    removeStrayLocks(options.opened.path, new Set(this.#selectAll.all().map((row) => row.lock)));
  }

  lease(): Lease {
    return toLease(this.#options, this.epoch, this.#validUntil);
  }

  judge(): (claimant: string) => boolean {
    const rows = new Map(
      this.#watchOthers().map((row) => [toClaimant({ replica: row.id, epoch: row.epoch }), row]),
    );
    return (claimant) => {
      if (claimant === this.#own) return false;
      const row = rows.get(claimant);
      return row === undefined || this.#isStill(row) || this.#lockOf(row) === "free";
    };
  }

  isGone(epoch: number): boolean {
    if (epoch === this.epoch) return false;
    const row = this.#watchOthers().find((one) => one.epoch === epoch);
    return row === undefined || this.#isStill(row) || this.#lockOf(row) === "free";
  }

  living(): readonly ReplicaRow[] {
    return this.#watchOthers().filter(
      (row) => row.epoch === this.epoch || (!this.#isStill(row) && this.#lockOf(row) !== "free"),
    );
  }

  async release(): Promise<void> {
    this.#cancel();
    const { db } = this.#options.opened;
    try {
      await this.#options.queue.add(() => db.delete(replicas).where(eq(replicas.epoch, this.epoch)).run());
    } finally {
      this.#lock.release();
    }
  }

  abandon(): void {
    this.#cancel();
    this.#lock.release();
  }

  #schedule(): () => void {
    return this.#options.clock.schedule(this.#options.leaseMs / 3, () => {
      this.#cancel = this.#schedule();
      void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const { clock, leaseMs, log, queue } = this.#options;
    const sentAt = clock.monotonic();
    try {
      if (!this.#lock.isVisible()) this.#renewLock();
      const gone = this.#watchOthers().filter(
        (row) => row.epoch !== this.epoch && this.#lockOf(row) === "free",
      );
      await queue.add(() => this.#writeBeat(gone));
      this.#validUntil = dispatchUntil(sentAt, leaseMs);
      for (const row of gone) removeProcessLock(this.#options.opened.path, row.lock);
    } catch (thrown) {
      log.warn("the store's heartbeat could not be written", { error: String(thrown) });
    } finally {
      this.#isBeating = false;
    }
  }

  #writeBeat(gone: readonly Row[]): void {
    const { opened, clock, replica } = this.#options;
    const row = {
      epoch: this.epoch,
      id: replica,
      lock: this.#lock.name,
      pid: process.pid,
      beat: 1,
      startedAt: clock.now(),
    };
    opened.db
      .insert(replicas)
      .values(row)
      .onConflictDoUpdate({
        target: replicas.epoch,
        set: { beat: sql`${replicas.beat} + 1`, lock: row.lock },
      })
      .run();
    for (const { epoch } of gone) opened.db.delete(replicas).where(eq(replicas.epoch, epoch)).run();
  }

  /** Until the next beat others judge by the beat alone: a missing file proves nothing. */
  #renewLock(): void {
    const before = this.#lock;
    this.#lock = takeProcessLock(this.#options.opened.path);
    before.release();
  }

  #watchOthers(): readonly Row[] {
    const rows = this.#selectAll.all();
    const now = this.#options.clock.monotonic();
    for (const { epoch, beat } of rows) {
      if (this.#watched.get(epoch)?.beat !== beat) this.#watched.set(epoch, { beat, since: now });
    }
    if (this.#watched.size > rows.length) {
      const present = new Set(rows.map((row) => row.epoch));
      for (const epoch of this.#watched.keys()) if (!present.has(epoch)) this.#watched.delete(epoch);
    }
    return rows;
  }

  #isStill(row: Row): boolean {
    const watched = this.#watched.get(row.epoch);
    return watched !== undefined && this.#options.clock.monotonic() - watched.since >= this.#options.leaseMs;
  }

  #lockOf(row: Row): ReturnType<typeof probeProcessLock> {
    return probeProcessLock(this.#options.opened.path, row.lock);
  }
}
