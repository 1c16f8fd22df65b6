import type { Statement } from "./database.ts";

export const REMOVE_INSTANCES: Statement = {
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
/** Also those of instances that a replica of a version without blobs has removed. */
export const REMOVE_BLOB_OWNERS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.blob_owner AS o WHERE NOT EXISTS (SELECT FROM mcp_flowgate.wf WHERE id = o.wf_id) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
const OWNED = "EXISTS (SELECT FROM mcp_flowgate.blob_owner AS o WHERE o.sha256 = b.sha256)";
export const LOCK_OWNERLESS_BLOBS: Statement = {
  name: "",
  text: `SELECT sha256 FROM mcp_flowgate.blob AS b WHERE NOT ${OWNED} LIMIT $1 FOR UPDATE SKIP LOCKED`,
};
/** Looks again, after they were locked: who brought one of them anew until then has committed its owner. */
export const REMOVE_OWNERLESS_BLOBS: Statement = {
  name: "",
  text: `DELETE FROM mcp_flowgate.blob AS b WHERE sha256 = ANY($1::text[]) AND NOT ${OWNED}`,
};
export const REMOVE_DEFINITIONS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.definition WHERE used_at <= mcp_flowgate.now_ms() - $1::bigint
        AND NOT EXISTS (SELECT FROM mcp_flowgate.wf WHERE definition_hash = hash) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
export const REMOVE_REQUESTS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.request WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM mcp_flowgate.request WHERE expires_at <= mcp_flowgate.now_ms() LIMIT $1 FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
export const REMOVE_RATES: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.rate WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM mcp_flowgate.rate WHERE at <= mcp_flowgate.now_ms() - $1::bigint LIMIT $2 FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) AS removed FROM gone`,
};
export const OLD_RECORDS: Statement = {
  name: "",
  text: `SELECT n, stream, stream_name AS "streamName" FROM mcp_flowgate.audit
    WHERE n > $1 AND at <= mcp_flowgate.now_ms() - $2::bigint ORDER BY n LIMIT $3`,
};
/**
 * Only those whose last record is old, and whose instance or process is not there any more; where records are sealed, only
 * those that checkpoints cover to the end. Says which positions went.
 */
export const REMOVE_STREAMS: Statement = {
  name: "",
  text: `WITH gone AS (
      DELETE FROM mcp_flowgate.audit WHERE stream = ANY(ARRAY(
        SELECT given.stream FROM unnest($1::text[], $2::text[], $3::text[]) AS given(stream, name, wf_id)
        WHERE (SELECT max(at) FROM mcp_flowgate.audit AS kept WHERE kept.stream = given.stream COLLATE "C")
            <= mcp_flowgate.now_ms() - $4::bigint
          AND NOT EXISTS (SELECT FROM mcp_flowgate.wf WHERE id = given.wf_id COLLATE "C")
          AND NOT EXISTS (SELECT FROM mcp_flowgate.replica WHERE 'replica:' || id || ':' || epoch = given.name)
          AND NOT ($5::boolean AND EXISTS (SELECT FROM mcp_flowgate.audit AS kept JOIN mcp_flowgate.unsealed USING (n)
            WHERE kept.stream = given.stream COLLATE "C"))
      )) RETURNING n
    ), unsealed AS (DELETE FROM mcp_flowgate.unsealed USING gone WHERE unsealed.n = gone.n)
    SELECT n FROM gone ORDER BY n`,
};
