import { ORPHAN_GRACE_MS } from "@mcp-flowgate/store-sql";
import type { Statement } from "./database.ts";

const OPERATION = `body, late_result AS "lateResult"`;

/** All of a table that belongs to an instance, as one JSON array: a row for each costs more than what is in it. */
const listOf = (table: "evidence" | "timer" | "signal"): string =>
  `SELECT wf_id, '${table}', 0, NULL, NULL, '[' || string_agg(body, ',' ORDER BY n) || ']', NULL, NULL, NULL
    FROM mcp_flowgate.${table} WHERE wf_id = ANY($1::text[]) GROUP BY wf_id`;

/**
 * Everything of some instances, of one moment since it is one statement. `part` says which table a row is of. `more` is
 * of an operation its late result, of an instance how it stands (`standing.ts`).
 */
export const LOAD: Statement = {
  name: "load",
  text: `SELECT id AS of, 'instance' AS part, 0 AS n, NULL AS id, NULL AS status, body, context, input,
        json_build_array(version, fence, claimant, operation_id, audit_seq, audit_hash)::text AS more
      FROM mcp_flowgate.wf WHERE id = ANY($1::text[])
    UNION ALL SELECT wf.id, 'operation', op.n, op.id, op.status, op.body, NULL, NULL, op.late_result
      FROM mcp_flowgate.wf JOIN mcp_flowgate.op ON op.id = wf.operation_id WHERE wf.id = ANY($1::text[])
    UNION ALL SELECT wf.id, 'operation', last.n, last.id, last.status, last.body, NULL, NULL, last.late_result
      FROM mcp_flowgate.wf CROSS JOIN LATERAL (
        SELECT * FROM mcp_flowgate.op WHERE op.wf_id = wf.id ORDER BY op.n DESC LIMIT 1
      ) AS last WHERE wf.id = ANY($1::text[]) AND wf.operation_id IS NULL
    UNION ALL SELECT wf_id, 'approval', n, id, status, body, NULL, NULL, NULL FROM mcp_flowgate.approval WHERE wf_id = ANY($1::text[])
    UNION ALL ${listOf("evidence")} UNION ALL ${listOf("timer")} UNION ALL ${listOf("signal")}`,
};
export const OPERATION_BY_ID: Statement = {
  name: "operation",
  text: `SELECT ${OPERATION} FROM mcp_flowgate.op WHERE id = $1`,
};
export const JOURNAL: Statement = {
  name: "journal",
  text: `SELECT ${OPERATION} FROM mcp_flowgate.op WHERE wf_id = $1 AND from_version >= $2 ORDER BY n`,
};
export const APPROVAL_BY_ID: Statement = {
  name: "approval",
  text: "SELECT body FROM mcp_flowgate.approval WHERE id = $1",
};
export const BLOB: Statement = {
  name: "blob",
  text: `SELECT body FROM mcp_flowgate.blob JOIN mcp_flowgate.blob_owner USING (sha256) WHERE wf_id = $1 AND sha256 = $2`,
};
export const DEFINITION: Statement = {
  name: "definition",
  text: "SELECT body FROM mcp_flowgate.definition WHERE hash = $1",
};
export const REQUEST: Statement = {
  name: "request",
  text: `SELECT body FROM mcp_flowgate.request WHERE tenant = $1 AND principal = $2 AND key = $3
    AND expires_at > mcp_flowgate.now_ms()`,
};
export const RATE: Statement = {
  name: "rate",
  text: "SELECT count(*) AS entries FROM mcp_flowgate.rate WHERE key = $1 AND at > mcp_flowgate.now_ms() - $2::bigint",
};

// The timers of other instances stay armed, and come up once those are free.
const CAN_BE_TAKEN_OUT =
  "(wf.status IN ('idle', 'waiting') OR (wf.status = 'parked' AND wf.operation_id IS NULL))";

export const DUE_TIMERS: Statement = {
  name: "due_timers",
  text: `SELECT timer.body FROM mcp_flowgate.timer JOIN mcp_flowgate.wf ON wf.id = timer.wf_id
    WHERE timer.due_at <= mcp_flowgate.now_ms() AND ${CAN_BE_TAKEN_OUT} ORDER BY timer.due_at, timer.n LIMIT $1`,
};
export const DUE_RETRIES: Statement = {
  name: "due_retries",
  text: `SELECT ${OPERATION} FROM mcp_flowgate.op WHERE status = 'waiting' AND next_attempt_at IS NOT NULL
    AND next_attempt_at <= mcp_flowgate.now_ms() ORDER BY next_attempt_at, n LIMIT $1`,
};
export const OVERDUE: Statement = {
  name: "overdue",
  text: `SELECT ${OPERATION} FROM mcp_flowgate.op WHERE status = 'running'
    AND deadline_at < mcp_flowgate.now_ms() - ${ORPHAN_GRACE_MS} ORDER BY deadline_at LIMIT $1`,
};
/** Claimants are few and their operations may be many: it steps from one claimant to the next in the index. */
export const ORPHANS: Statement = {
  name: "orphans",
  text: `WITH RECURSIVE claimants (name) AS (
      (SELECT claimant FROM mcp_flowgate.op WHERE status = 'running' ORDER BY claimant LIMIT 1)
      UNION ALL SELECT (
        SELECT claimant FROM mcp_flowgate.op WHERE status = 'running' AND claimant > claimants.name ORDER BY claimant LIMIT 1
      ) FROM claimants WHERE claimants.name IS NOT NULL
    ), gone AS (
      SELECT name FROM claimants WHERE name IS NOT NULL AND name <> $1 AND NOT EXISTS (
        SELECT FROM mcp_flowgate.replica WHERE replica.claimant = claimants.name AND live_until > mcp_flowgate.now_ms()
      )
    )
    SELECT orphan.body, orphan."lateResult" FROM gone CROSS JOIN LATERAL (
      SELECT ${OPERATION} FROM mcp_flowgate.op WHERE status = 'running' AND claimant = gone.name ORDER BY deadline_at LIMIT $2
    ) AS orphan LIMIT $2`,
};
export const SIGNALS: Statement = {
  name: "signals",
  text: "SELECT body FROM mcp_flowgate.signal ORDER BY n LIMIT $1",
};
export const NEXT_DUE: Statement = {
  name: "next_due",
  text: `SELECT LEAST((
      SELECT timer.due_at FROM mcp_flowgate.timer JOIN mcp_flowgate.wf ON wf.id = timer.wf_id
      WHERE ${CAN_BE_TAKEN_OUT} ORDER BY timer.due_at, timer.n LIMIT 1
    ), (
      SELECT next_attempt_at FROM mcp_flowgate.op WHERE status = 'waiting' AND next_attempt_at IS NOT NULL
      ORDER BY next_attempt_at LIMIT 1
    )) AS at`,
};
