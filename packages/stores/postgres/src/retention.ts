import type { Database, Statement } from "./database.ts";
import { fromKey, toKey } from "./json-text.ts";
import { UNUSED_DEFINITION_MS } from "./known-definitions.ts";
import { RATE_MEMORY_MS } from "./write.ts";

/** How many rows of each kind were removed. */
export interface Collected {
  readonly instances: number;
  readonly definitions: number;
  readonly requests: number;
  readonly auditRecords: number;
}

/**
 * Removes what nobody needs any more: terminal instances past their time with all that belongs to them, definitions
 * that no instance is pinned to and nobody began with for a day, keys of requests that expired, and audit streams (W21:
 * always whole ones, so that what is left verifies) whose instance is gone and whose last record is older than
 * `auditMs`. Several processes may do it at a time: what one is at, the others pass over.
 */
export async function collect(database: Database, auditMs: number): Promise<Collected> {
  const count = async (statement: Statement, values: readonly unknown[] = []): Promise<number> =>
    (await database.read<{ removed: number }>(statement, values))[0]?.removed ?? 0;
  const instances = await inChunks(() => count(REMOVE_INSTANCES, [CHUNK]));
  await inChunks(() => count(REMOVE_RATES, [RATE_MEMORY_MS, CHUNK]));
  return {
    instances,
    definitions: await count(REMOVE_DEFINITIONS, [UNUSED_DEFINITION_MS]),
    requests: await inChunks(() => count(REMOVE_REQUESTS, [CHUNK])),
    auditRecords: await removeAudit(database, auditMs),
  };
}

/** Per transaction, so that batches do not wait long for it. */
const CHUNK = 500;

async function inChunks(remove: () => Promise<number>): Promise<number> {
  let all = 0;
  for (;;) {
    const removed = await remove();
    all += removed;
    if (removed < CHUNK) return all;
  }
}

/** Walks the old records in the order of their positions; a stream that has to stay is passed over. */
async function removeAudit(database: Database, auditMs: number): Promise<number> {
  let removed = 0;
  for (let after = 0; ;) {
    const old = await database.read<OldRecord>(OLD_RECORDS, [after, auditMs, CHUNK]);
    const streams = new Map(old.map((record) => [record.stream, fromKey(record.streamName)]));
    for (const [stream, name] of streams) {
      const values = [stream, auditMs, name.startsWith("wf:") ? toKey(name.slice("wf:".length)) : null, name];
      removed += (await database.read<{ removed: number }>(REMOVE_STREAM, values))[0]?.removed ?? 0;
    }
    if (old.length < CHUNK) return removed;
    after = old.at(-1)?.n ?? 0;
  }
}

interface OldRecord {
  readonly n: number;
  readonly stream: string;
  readonly streamName: string;
}

const REMOVE_INSTANCES: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.wf WHERE id = ANY(ARRAY(
        SELECT id FROM mcp_flowgate.wf WHERE purge_at <= mcp_flowgate.now_ms() ORDER BY purge_at LIMIT $1 FOR UPDATE SKIP LOCKED
      )) RETURNING id
    ), op AS (DELETE FROM mcp_flowgate.op USING gone WHERE wf_id = gone.id),
    evidence AS (DELETE FROM mcp_flowgate.evidence USING gone WHERE wf_id = gone.id),
    timer AS (DELETE FROM mcp_flowgate.timer USING gone WHERE wf_id = gone.id),
    signal AS (DELETE FROM mcp_flowgate.signal USING gone WHERE wf_id = gone.id),
    approval AS (DELETE FROM mcp_flowgate.approval USING gone WHERE wf_id = gone.id)
    SELECT count(*) AS removed FROM gone`,
};
const REMOVE_DEFINITIONS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.definition WHERE used_at < mcp_flowgate.now_ms() - $1::bigint
        AND NOT EXISTS (SELECT FROM mcp_flowgate.wf WHERE definition_hash = hash) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
const REMOVE_REQUESTS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.request WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM mcp_flowgate.request WHERE expires_at <= mcp_flowgate.now_ms() LIMIT $1 FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
const REMOVE_RATES: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.rate WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM mcp_flowgate.rate WHERE at <= mcp_flowgate.now_ms() - $1::bigint LIMIT $2 FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
const OLD_RECORDS: Statement = {
  name: "",
  text: `SELECT n, stream, stream_name AS "streamName" FROM mcp_flowgate.audit
    WHERE n > $1 AND at <= mcp_flowgate.now_ms() - $2::bigint ORDER BY n LIMIT $3`,
};
/** Only where its last record is old, and neither its instance nor its process is there any more. */
const REMOVE_STREAM: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.audit WHERE stream = $1
        AND (SELECT max(at) FROM mcp_flowgate.audit WHERE stream = $1) <= mcp_flowgate.now_ms() - $2::bigint
        AND NOT EXISTS (SELECT FROM mcp_flowgate.wf WHERE id = $3)
        AND NOT EXISTS (SELECT FROM mcp_flowgate.replica WHERE 'replica:' || id || ':' || epoch = $4) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
