import type { Statement } from "./database.ts";

// A name has no row of its own that could be locked before there is an entry for it.
export const LOCK_NAMES: Statement = {
  name: "lock_names",
  text: `SELECT pg_advisory_xact_lock(name) FROM (
      SELECT DISTINCT hashtextextended(given, 7882815) AS name FROM unnest($1::text[]) AS given ORDER BY 1 OFFSET 0
    ) AS names`,
};
/** The transaction's number and time, once at least, and with them the instances that are there. */
export const LOCK_INSTANCES: Statement = {
  name: "lock_instances",
  text: `WITH locked AS MATERIALIZED (
      SELECT id, version, fence, claimant, operation_id, audit_seq, audit_hash
      FROM mcp_flowgate.wf WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE
    )
    SELECT clock.xid, clock.now, id, version, fence, claimant, operation_id AS "operationId", audit_seq AS seq, audit_hash AS hash
    FROM (SELECT pg_current_xact_id()::text AS xid, mcp_flowgate.now_ms() AS now) AS clock LEFT JOIN locked ON true`,
};
export const LOCK_APPROVALS: Statement = {
  name: "lock_approvals",
  text: "SELECT id, revision FROM mcp_flowgate.approval WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
export const LOCK_SIGNALS: Statement = {
  name: "lock_signals",
  text: "SELECT id FROM mcp_flowgate.signal WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
export const LOCK_TIMERS: Statement = {
  name: "lock_timers",
  text: "SELECT id FROM mcp_flowgate.timer WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
export const READ_REQUESTS: Statement = {
  name: "read_requests",
  text: `SELECT body FROM mcp_flowgate.request
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS given(tenant, principal, key) USING (tenant, principal, key)`,
};
export const COUNT_RATES: Statement = {
  name: "count_rates",
  text: `SELECT given.key, given.per_ms AS "perMs", (
      SELECT count(*) FROM mcp_flowgate.rate WHERE rate.key = given.key AND rate.at > mcp_flowgate.now_ms() - given.per_ms
    ) AS entries FROM unnest($1::text[], $2::bigint[]) AS given(key, per_ms)`,
};
export const READ_HEADS: Statement = {
  name: "read_heads",
  text: `SELECT given.stream, last.seq, last.hash FROM unnest($1::text[]) AS given(stream) CROSS JOIN LATERAL (
      SELECT seq, hash FROM mcp_flowgate.audit WHERE audit.stream = given.stream COLLATE "C" ORDER BY seq DESC LIMIT 1
    ) AS last`,
};
