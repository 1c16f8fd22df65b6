import type { CommitQueue } from "./commit-queue.ts";
import type { OpenedDatabase } from "./database.ts";
import { and, asc, desc, eq, gt, inArray, sql } from "./drizzle.ts";
import { fromKey } from "./json-text.ts";
import type { ReplicaLease } from "./replica-lease.ts";
import { auditRows, checkpoints, counters, unsealed } from "./schema.ts";

/** A statement about audit records, chained to the one before it. What it says is for who made it. */
export interface Checkpoint {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly body: string;
  readonly hash: string;
  /** Of who made it; empty where it has no key. */
  readonly signature: string;
  /** The hashes of the records that it covers, 32 bytes each, in the order of their positions. */
  readonly leaves: Uint8Array;
}

/** A record with everything that the file says of it, for comparison. */
export interface AuditColumns {
  readonly position: number;
  readonly line: string;
  readonly stream: string;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly hash: string;
}

/** The records that no checkpoint covers yet, and the checkpoints. */
export interface Checkpoints {
  /** Takes the right to make checkpoints, which one process has at a time. False where another one has it and lives. */
  claim(): Promise<boolean>;
  /** How many records no checkpoint covers, counted up to `limit`, and when the first of them was made. */
  backlog(limit: number): Promise<{ readonly events: number; readonly oldestAt?: number }>;
  /** The first of them. */
  unsealed(limit: number): Promise<readonly { readonly position: number; readonly line: string }[]>;
  /** Those among `positions` that no checkpoint covers. */
  stillUnsealed(positions: readonly number[]): Promise<readonly number[]>;
  last(): Promise<Checkpoint | undefined>;
  /** Adds the next one, which covers `positions`. False, and nothing happens, where this process may not or another was faster. */
  add(checkpoint: Checkpoint, positions: readonly number[]): Promise<boolean>;
  /** Those after number `after`, in order. */
  read(after: number, limit: number): Promise<readonly Checkpoint[]>;
  /** Records after a position, in order, with their columns. */
  rows(after: number, limit: number): Promise<readonly AuditColumns[]>;
}

/** Makes the checkpoint that says which records were removed on purpose. Called inside the transaction that removes them. */
export type SealPurge = (
  last: { readonly number: number; readonly hash: string; readonly body: string } | undefined,
  positions: readonly number[],
) => Checkpoint;

export interface CheckpointParts {
  readonly opened: OpenedDatabase;
  readonly queue: CommitQueue;
  readonly lease: ReplicaLease;
  /** Reads rows of one moment. */
  readonly read: <T>(work: () => T) => Promise<T>;
}

export function createCheckpoints({ opened: { db }, queue, lease, read }: CheckpointParts): Checkpoints {
  const holder = (): number =>
    db.select({ value: counters.value }).from(counters).where(eq(counters.name, "sealer")).get()?.value ?? 0;
  return {
    async claim() {
      const before = await read(holder);
      if (before === lease.epoch) return true;
      if (before !== 0 && !lease.isGone(before)) return false;
      return await queue.add(
        () =>
          db
            .update(counters)
            .set({ value: lease.epoch })
            .where(and(eq(counters.name, "sealer"), eq(counters.value, before)))
            .run().changes === 1,
      );
    },
    backlog: (limit) =>
      read(() => {
        const some = db.select({ n: unsealed.n }).from(unsealed).limit(limit).as("some");
        const events =
          db
            .select({ count: sql<number>`count(*)` })
            .from(some)
            .get()?.count ?? 0;
        const [first] = selectUnsealed(db, 1);
        return first === undefined ? { events } : { events, oldestAt: first.at };
      }),
    unsealed: (limit) => read(() => selectUnsealed(db, limit)),
    stillUnsealed: (positions) =>
      read(() =>
        db
          .select({ n: unsealed.n })
          .from(unsealed)
          .where(inArray(unsealed.n, [...positions]))
          .all()
          .map(({ n }) => n),
      ),
    last: () => read(() => lastCheckpoint(db)),
    add: (checkpoint, positions) =>
      queue.add(() => {
        if (holder() !== lease.epoch) return false;
        if ((lastCheckpoint(db)?.number ?? 0) !== checkpoint.number - 1) return false;
        insertCheckpoint(db, checkpoint);
        db.delete(unsealed)
          .where(inArray(unsealed.n, [...positions]))
          .run();
        return true;
      }),
    read: (after, limit) =>
      read(() =>
        db
          .select()
          .from(checkpoints)
          .where(gt(checkpoints.n, after))
          .orderBy(asc(checkpoints.n))
          .limit(limit)
          .all()
          .map(toCheckpoint),
      ),
    rows: (after, limit) =>
      read(() =>
        db
          .select()
          .from(auditRows)
          .where(gt(auditRows.n, after))
          .orderBy(asc(auditRows.n))
          .limit(limit)
          .all()
          .map(({ n, stream, id, ...row }) => ({
            ...row,
            position: n,
            stream: fromKey(stream),
            id: fromKey(id),
          })),
      ),
  };
}

/** Only inside a transaction. */
export function lastCheckpoint(db: OpenedDatabase["db"]): Checkpoint | undefined {
  const last = db.select().from(checkpoints).orderBy(desc(checkpoints.n)).limit(1).get();
  return last && toCheckpoint(last);
}

/** Only inside a transaction that has read the last one. */
export function insertCheckpoint(db: OpenedDatabase["db"], checkpoint: Checkpoint): void {
  const { number: n, body, hash, signature, leaves } = checkpoint;
  db.insert(checkpoints)
    .values({ n, body, hash, signature, leaves: Buffer.from(leaves) })
    .run();
}

function selectUnsealed(
  db: OpenedDatabase["db"],
  limit: number,
): readonly { readonly position: number; readonly line: string; readonly at: number }[] {
  return db
    .select({ position: auditRows.n, line: auditRows.line, at: auditRows.at })
    .from(unsealed)
    .innerJoin(auditRows, eq(auditRows.n, unsealed.n))
    .orderBy(asc(unsealed.n))
    .limit(limit)
    .all();
}

function toCheckpoint({ n, ...row }: typeof checkpoints.$inferSelect): Checkpoint {
  return { number: n, ...row };
}
