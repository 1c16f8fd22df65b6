import type { SealPurge } from "@mcp-flowgate/core";
import { ownStreamOf, RATE_MEMORY_MS, toTime, type Collected } from "@mcp-flowgate/store-sql";
import { insertCheckpoint, lastCheckpoint } from "./checkpoints.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { Db } from "./database.ts";
import { and, asc, desc, eq, gt, inArray, lte, max, notExists, sql } from "./drizzle.ts";
import { fromKey, toKey } from "./keys.ts";
import {
  approvals,
  auditRows,
  blobOwners,
  blobs,
  definitions,
  disownedBlobs,
  evidence,
  operations,
  rates,
  replicas,
  requests,
  signals,
  timers,
  unsealed,
  workflows,
} from "./schema.ts";

/**
 * Removes what nobody needs any more: terminal instances past their time with all that belongs to them, blobs that no
 * instance has any more, definitions that no instance is pinned to, keys of requests that expired, and audit streams
 * (W21: always whole ones, so that what is left verifies) whose instance is gone and whose last record is older than
 * `auditMs`.
 */
export interface Retention {
  collect(): Promise<Collected>;
}

export interface RetentionOptions {
  readonly db: Db;
  readonly queue: CommitQueue;
  readonly now: () => number;
  readonly auditMs: number;
  /** Told inside the transaction that removes something. */
  readonly onRemoved: () => void;
  /** Where records are sealed: only what is goes, and a checkpoint says what went. */
  readonly sealPurge: SealPurge | undefined;
}

/** Per transaction, so that batches do not wait long for it. */
const CHUNK = 200;
/** Blobs are large. */
const BLOB_CHUNK = 10;

export function createRetention({
  db,
  queue,
  now,
  auditMs,
  onRemoved,
  sealPurge,
}: RetentionOptions): Retention {
  const removeInstances = (): number => {
    const ids = db
      .select({ id: workflows.id })
      .from(workflows)
      .where(lte(workflows.purgeAt, now()))
      .orderBy(asc(workflows.purgeAt))
      .limit(CHUNK)
      .all()
      .map(({ id }) => id);
    if (ids.length === 0) return 0;
    for (const table of [operations, evidence, timers, signals, approvals]) {
      db.delete(table).where(inArray(table.workflowId, ids)).run();
    }
    db.delete(workflows).where(inArray(workflows.id, ids)).run();
    onRemoved();
    return ids.length;
  };

  const removeBlobs = (): { readonly looked: number; readonly removed: number } => {
    const disowned = db.select().from(disownedBlobs).orderBy(asc(disownedBlobs.n)).limit(BLOB_CHUNK).all();
    const owned = db
      .select({ one: sql`1` })
      .from(blobOwners)
      .where(eq(blobOwners.sha256, blobs.sha256));
    const hashes = disowned.map(({ sha256 }) => sha256);
    const numbers = disowned.map(({ n }) => n);
    const { changes } = db
      .delete(blobs)
      .where(and(inArray(blobs.sha256, hashes), notExists(owned)))
      .run();
    db.delete(disownedBlobs).where(inArray(disownedBlobs.n, numbers)).run();
    return { looked: disowned.length, removed: changes };
  };

  const removeDefinitions = (): number => {
    const pinned = db
      .select({ one: sql`1` })
      .from(workflows)
      .where(eq(workflows.definitionHash, definitions.hash));
    return db.delete(definitions).where(notExists(pinned)).run().changes;
  };

  const removeRequests = (): number => {
    db.delete(rates)
      .where(lte(rates.at, toTime(now() - RATE_MEMORY_MS)))
      .run();
    return db.delete(requests).where(lte(requests.expiresAt, now())).run().changes;
  };

  /** Walks the old records in the order of their commits; a stream that has to stay is passed over. */
  const removeAudit = (cursor: { position: number }): number => {
    const before = toTime(now() - auditMs);
    const old = db
      .select({ position: auditRows.n, stream: auditRows.stream, at: auditRows.at })
      .from(auditRows)
      .where(gt(auditRows.n, cursor.position))
      .orderBy(asc(auditRows.n))
      .limit(CHUNK)
      .all();
    const isOld = old.findIndex((row) => row.at > before);
    const rows = isOld === -1 ? old : old.slice(0, isOld);
    cursor.position =
      isOld === -1 && old.length === CHUNK ? (old.at(-1)?.position ?? 0) : Number.POSITIVE_INFINITY;
    const removed: number[] = [];
    for (const stream of new Set(rows.map((row) => row.stream))) {
      if (!isStreamDone(stream, before) || (sealPurge !== undefined && !isSealed(stream))) continue;
      const gone = db
        .delete(auditRows)
        .where(eq(auditRows.stream, stream))
        .returning({ n: auditRows.n })
        .all();
      for (const { n } of gone) removed.push(n);
    }
    if (removed.length > 0) onRemoved();
    if (removed.length > 0 && sealPurge !== undefined) {
      const positions = removed.toSorted((left, right) => left - right);
      insertCheckpoint(db, sealPurge(lastCheckpoint(db), positions));
    }
    return removed.length;
  };

  /** Whether checkpoints cover all of it, and it does not hold the last position: SQLite would give that to another record. */
  const isSealed = (stream: string): boolean => {
    const last = db.select({ stream: auditRows.stream }).from(auditRows).orderBy(desc(auditRows.n)).limit(1);
    if (last.get()?.stream === stream) return false;
    const open = db
      .select({ n: unsealed.n })
      .from(unsealed)
      .innerJoin(auditRows, eq(auditRows.n, unsealed.n));
    return open.where(eq(auditRows.stream, stream)).limit(1).get() === undefined;
  };

  const isStreamDone = (stream: string, before: number): boolean => {
    const last = db
      .select({ at: max(auditRows.at) })
      .from(auditRows)
      .where(eq(auditRows.stream, stream))
      .get();
    if (last?.at === undefined || last.at === null || last.at > before) return false;
    const name = fromKey(stream);
    if (name.startsWith("wf:")) {
      const id = toKey(name.slice("wf:".length));
      return db.select({ n: workflows.n }).from(workflows).where(eq(workflows.id, id)).get() === undefined;
    }
    const live = db.select({ id: replicas.id, epoch: replicas.epoch }).from(replicas).all();
    return !live.some((row) => name === ownStreamOf(row.id, row.epoch));
  };

  const removeAllBlobs = async (): Promise<number> => {
    for (let all = 0; ;) {
      const { looked, removed } = await queue.add(removeBlobs);
      all += removed;
      if (looked < BLOB_CHUNK) return all;
    }
  };

  const inChunks = async (remove: () => number, isMore: (removed: number) => boolean): Promise<number> => {
    let all = 0;
    for (;;) {
      const removed = await queue.add(remove);
      all += removed;
      if (!isMore(removed)) return all;
    }
  };

  return {
    async collect() {
      const instances = await inChunks(removeInstances, (removed) => removed === CHUNK);
      const cursor = { position: 0 };
      return {
        instances,
        blobs: await removeAllBlobs(),
        definitions: instances === 0 ? 0 : await queue.add(removeDefinitions),
        requests: await queue.add(removeRequests),
        auditRecords: await inChunks(
          () => removeAudit(cursor),
          () => Number.isFinite(cursor.position),
        ),
      };
    },
  };
}
