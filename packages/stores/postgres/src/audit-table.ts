import { setTimeout as wait } from "node:timers/promises";
import { FlowgateError, type AuditDraft, type AuditFilter, type StoredAudit } from "@mcp-flowgate/core";
import { linkRecord, streamOf, toTime, type AuditChain, type AuditHead } from "@mcp-flowgate/store-sql";
import type { Database, Statement } from "./database.ts";
import { toBoundedKey, toKey } from "./keys.ts";

/** A record on its way into the table. */
export interface AuditRow {
  readonly stream: string;
  readonly streamName: string;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly hash: string;
  readonly line: string;
}

/**
 * Links events behind the heads of their streams.
 * @param heads by the key of the stream; what is not in it begins. Not changed.
 * @returns the records, and the heads that are new.
 * @throws FlowgateError `AUDIT_UNAVAILABLE` where a record cannot be made.
 */
export function linkAll(
  chain: AuditChain,
  drafts: readonly AuditDraft[],
  ownStream: string,
  heads: ReadonlyMap<string, AuditHead>,
  genesis: string,
): { readonly rows: readonly AuditRow[]; readonly heads: ReadonlyMap<string, AuditHead> } {
  const rows: AuditRow[] = [];
  const moved = new Map<string, AuditHead>();
  for (const draft of drafts) {
    const name = streamOf(draft, ownStream);
    const stream = toBoundedKey(name);
    const head = moved.get(stream) ?? heads.get(stream) ?? { stream: name, seq: 0, hash: genesis };
    const record = linkRecord(chain, head, draft);
    if (record === undefined) continue;
    rows.push({
      stream,
      streamName: toKey(name),
      seq: record.seq,
      id: toKey(record.id),
      type: record.eventType,
      at: toTime(draft.at),
      hash: record.hash,
      line: record.line.trimEnd(),
    });
    moved.set(stream, { stream: name, seq: record.seq, hash: record.hash });
  }
  return { rows, heads: moved };
}

/**
 * Reads records. Numbers are given before transactions commit, and not in the order of their commits; so only those
 * are read below which every transaction has ended. That is a matter of milliseconds, and waited for.
 */
export async function readAudit(
  database: Database,
  { stream, after = 0, before, limit }: AuditFilter,
): Promise<readonly StoredAudit[]> {
  const settled = await settledPosition(database);
  if (before !== undefined) {
    return stream === undefined
      ? await database.read<StoredAudit>(SELECT_ALL_BEFORE, [before, settled, limit])
      : await database.read<StoredAudit>(SELECT_STREAM_BEFORE, [
          toBoundedKey(stream),
          before,
          settled,
          limit,
        ]);
  }
  return stream === undefined
    ? await database.read<StoredAudit>(SELECT_ALL, [after, settled, limit])
    : await database.read<StoredAudit>(SELECT_STREAM, [toBoundedKey(stream), after, settled, limit]);
}

const SELECT_LAST: Statement = {
  name: "audit_last",
  text: "SELECT n AS last FROM mcp_flowgate.audit ORDER BY n DESC LIMIT 1",
};
const SELECT_XMAX: Statement = {
  name: "audit_xmax",
  text: "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax",
};
const SELECT_SETTLED: Statement = {
  name: "audit_settled",
  text: `SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 OR NOT EXISTS (
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
        AND age(backend_xid) > age($1::xid8::xid)
    ) AS settled`,
};
const SELECT_ALL: Statement = {
  name: "audit_all",
  text: "SELECT n AS position, line FROM mcp_flowgate.audit WHERE n > $1 AND n <= $2 ORDER BY n LIMIT $3",
};
const SELECT_STREAM: Statement = {
  name: "audit_stream",
  text: "SELECT n AS position, line FROM mcp_flowgate.audit WHERE stream = $1 AND n > $2 AND n <= $3 ORDER BY seq LIMIT $4",
};
const SELECT_ALL_BEFORE: Statement = {
  name: "audit_all_before",
  text: "SELECT n AS position, line FROM mcp_flowgate.audit WHERE n < $1 AND n <= $2 ORDER BY n DESC LIMIT $3",
};
const SELECT_STREAM_BEFORE: Statement = {
  name: "audit_stream_before",
  text: "SELECT n AS position, line FROM mcp_flowgate.audit WHERE stream = $1 AND n < $2 AND n <= $3 ORDER BY seq DESC LIMIT $4",
};

/** Longer than any transaction of a store: its statements are bounded, and so is the time between two of them. */
const SETTLE_MS = 30_000;

/**
 * A position below which nothing can appear any more. Every transaction that writes records has its number before it
 * asks for positions, so those that began before the last position was seen have ended once all that were running then have.
 */
export async function settledPosition(database: Database): Promise<number> {
  const [last] = await database.read<{ last: number }>(SELECT_LAST);
  if (last === undefined) return 0;
  const [snapshot] = await database.read<{ xmax: string }>(SELECT_XMAX);
  const until = performance.now() + SETTLE_MS;
  for (let pause = 1; performance.now() < until; pause = Math.min(50, pause * 2)) {
    const [row] = await database.read<{ settled: boolean }>(SELECT_SETTLED, [snapshot?.xmax]);
    if (row?.settled === true) return last.last;
    await wait(pause);
  }
  throw new FlowgateError("STORE_UNAVAILABLE", "a transaction that writes records does not end; try again");
}
