import type { SealTable, StoredCheckpoint } from "@mcp-flowgate/core";
import type { CommitQueue } from "./commit-queue.ts";
import type { OpenedDatabase } from "./database.ts";
import { and, asc, desc, eq, gt, inArray, sql } from "./drizzle.ts";
import { fromKey } from "./keys.ts";
import type { ReplicaLease } from "./replica-lease.ts";
import { auditRows, checkpoints, counters, unsealed } from "./schema.ts";

export interface CheckpointParts {
  readonly opened: OpenedDatabase;
  readonly queue: CommitQueue;
  readonly lease: ReplicaLease;
  /** Reads rows of one moment. */
  readonly read: <T>(work: () => T) => Promise<T>;
}

export function createCheckpoints({ opened: { db }, queue, lease, read }: CheckpointParts): SealTable {
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
export function lastCheckpoint(db: OpenedDatabase["db"]): StoredCheckpoint | undefined {
  const last = db.select().from(checkpoints).orderBy(desc(checkpoints.n)).limit(1).get();
  return last && toCheckpoint(last);
}

/** Only inside a transaction that has read the last one. */
export function insertCheckpoint(db: OpenedDatabase["db"], checkpoint: StoredCheckpoint): void {
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

function toCheckpoint({ n, ...row }: typeof checkpoints.$inferSelect): StoredCheckpoint {
  return { number: n, ...row };
}
