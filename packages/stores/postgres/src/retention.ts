import type { SealPurge } from "@mcp-flowgate/core";
import { RATE_MEMORY_MS, type Collected } from "@mcp-flowgate/store-sql";
import { addPurge } from "./checkpoints.ts";
import type { Database, Statement } from "./database.ts";
import { fromKey, toKey } from "./keys.ts";
import * as statements from "./retention-statements.ts";
import { sqlState } from "./store-error.ts";
import { UNUSED_DEFINITION_MS } from "./known-definitions.ts";

/**
 * Removes what nobody needs any more: terminal instances past their time with all that belongs to them, blobs that no
 * instance has any more, definitions that no instance is pinned to and nobody began with for a day, keys of requests
 * that expired, and audit streams (W21: always whole ones, so that what is left verifies) whose instance is gone and
 * whose last record is older than `auditMs`. Several processes may do it at a time: what one is at, the others pass over.
 */
export async function collect(
  database: Database,
  auditMs: number,
  sealPurge: SealPurge | undefined,
): Promise<Collected> {
  const count = async (statement: Statement, values: readonly unknown[] = []): Promise<number> =>
    (await database.read<{ removed: number }>(statement, values))[0]?.removed ?? 0;
  const instances = await inChunks(() => count(statements.REMOVE_INSTANCES, [CHUNK]));
  await count(statements.REMOVE_BLOB_OWNERS);
  await inChunks(() => count(statements.REMOVE_RATES, [RATE_MEMORY_MS, CHUNK]));
  return {
    instances,
    blobs: await removeBlobs(database),
    definitions: await count(statements.REMOVE_DEFINITIONS, [UNUSED_DEFINITION_MS]),
    requests: await inChunks(() => count(statements.REMOVE_REQUESTS, [CHUNK])),
    auditRecords: await removeAudit(database, auditMs, sealPurge),
  };
}

/** Per transaction, so that batches do not wait long for it. */
const CHUNK = 500;
/** Blobs are large. */
const BLOB_CHUNK = 20;

async function inChunks(remove: () => Promise<number>): Promise<number> {
  let all = 0;
  for (;;) {
    const removed = await remove();
    all += removed;
    if (removed < CHUNK) return all;
  }
}

async function removeBlobs(database: Database): Promise<number> {
  for (let removed = 0; ;) {
    const { found, gone } = await database.session(async (session) => {
      await session.query("BEGIN");
      try {
        const locked = await session.query<{ sha256: string }>(statements.LOCK_OWNERLESS_BLOBS, [BLOB_CHUNK]);
        const hashes = locked.rows.map(({ sha256 }) => sha256);
        const { count: gone } = await session.query(statements.REMOVE_OWNERLESS_BLOBS, [hashes]);
        await session.query("COMMIT");
        return { found: hashes.length, gone };
      } catch (thrown) {
        await session.query("ROLLBACK").catch(() => undefined);
        throw thrown;
      }
    });
    removed += gone;
    if (found < BLOB_CHUNK) return removed;
  }
}

/** Walks the old records in the order of their positions; a stream that has to stay is passed over. */
async function removeAudit(
  database: Database,
  auditMs: number,
  sealPurge: SealPurge | undefined,
): Promise<number> {
  let removed = 0;
  for (let after = 0; ;) {
    const old = await database.read<OldRecord>(statements.OLD_RECORDS, [after, auditMs, CHUNK]);
    const streams = new Map(old.map((record) => [record.stream, fromKey(record.streamName)]));
    const names = [...streams.values()];
    const ids = names.map((name) => (name.startsWith("wf:") ? toKey(name.slice("wf:".length)) : null));
    const values = [[...streams.keys()], names.map(toKey), ids, auditMs, sealPurge !== undefined];
    removed += await removeStreams(database, values, sealPurge);
    if (old.length < CHUNK) return removed;
    after = old.at(-1)?.n ?? 0;
  }
}

/** Where records are sealed, in one transaction with the checkpoint that says what went. */
async function removeStreams(
  database: Database,
  values: readonly unknown[],
  sealPurge: SealPurge | undefined,
): Promise<number> {
  if (sealPurge === undefined) return (await database.read(statements.REMOVE_STREAMS, values)).length;
  return await database.session(async (session) => {
    await session.query("BEGIN");
    try {
      const { rows } = await session.query<{ n: number }>(statements.REMOVE_STREAMS, values);
      if (rows.length > 0)
        await addPurge(
          session,
          sealPurge,
          rows.map(({ n }) => n),
        );
      await session.query("COMMIT");
      return rows.length;
    } catch (thrown) {
      await session.query("ROLLBACK").catch(() => undefined);
      // Another process added a checkpoint meanwhile: what was to go does so the next time.
      if (sqlState(thrown) === "23505") return 0;
      throw thrown;
    }
  });
}

interface OldRecord {
  readonly n: number;
  readonly stream: string;
  readonly streamName: string;
}
