import type { Statement } from "./database.ts";

const COLUMNS = "n AS number, body, hash, signature, leaves";

export const HOLDER: Statement = {
  name: "sealer_holder",
  text: `SELECT epoch, epoch = 0 OR NOT EXISTS (
      SELECT FROM mcp_flowgate.replica WHERE replica.epoch = sealer.epoch AND live_until > mcp_flowgate.now_ms()
    ) AS gone FROM mcp_flowgate.sealer`,
};
/** Only over who was seen to be gone: of several that saw it, one comes first. */
export const TAKE_OVER: Statement = {
  name: "",
  text: "UPDATE mcp_flowgate.sealer SET epoch = $1 WHERE epoch = $2 RETURNING epoch",
};
export const COUNT_UNSEALED: Statement = {
  name: "count_unsealed",
  text: `SELECT (SELECT count(*) FROM (SELECT n FROM mcp_flowgate.unsealed ORDER BY n LIMIT $1) AS counted) AS events,
    (SELECT at FROM mcp_flowgate.audit WHERE n = (SELECT n FROM mcp_flowgate.unsealed ORDER BY n LIMIT 1)) AS "oldestAt"`,
};
export const SELECT_UNSEALED: Statement = {
  name: "select_unsealed",
  text: `SELECT n AS position, line FROM (SELECT n FROM mcp_flowgate.unsealed ORDER BY n LIMIT $1) AS first
    JOIN mcp_flowgate.audit USING (n) ORDER BY n`,
};
export const STILL_UNSEALED: Statement = {
  name: "",
  text: "SELECT n FROM mcp_flowgate.unsealed WHERE n = ANY($1::bigint[])",
};
export const LAST_CHECKPOINT: Statement = {
  name: "last_checkpoint",
  text: `SELECT ${COLUMNS} FROM mcp_flowgate.checkpoint ORDER BY n DESC LIMIT 1`,
};
/** Where another process made the one of that number, or the right was taken away, nothing happens. */
export const ADD_CHECKPOINT: Statement = {
  name: "add_checkpoint",
  text: `WITH added AS (
      INSERT INTO mcp_flowgate.checkpoint (n, body, hash, signature, leaves)
      SELECT $1::bigint, $2, $3, $4, $5::bytea
      WHERE EXISTS (SELECT FROM mcp_flowgate.sealer WHERE epoch = $7)
        AND coalesce((SELECT n FROM mcp_flowgate.checkpoint ORDER BY n DESC LIMIT 1), 0) = $1::bigint - 1
      ON CONFLICT (n) DO NOTHING RETURNING n
    ), sealed AS (
      DELETE FROM mcp_flowgate.unsealed WHERE n = ANY($6::bigint[]) AND EXISTS (SELECT FROM added)
    ) SELECT n FROM added`,
};
export const READ_CHECKPOINTS: Statement = {
  name: "",
  text: `SELECT ${COLUMNS} FROM mcp_flowgate.checkpoint WHERE n > $1 ORDER BY n LIMIT $2`,
};
export const READ_ROWS: Statement = {
  name: "",
  text: `SELECT n AS position, line, stream, stream_name AS "streamName", seq, id, type, at, hash
    FROM mcp_flowgate.audit WHERE n > $1 AND n <= $2 ORDER BY n LIMIT $3`,
};
/** Of who removes records: what another process adds meanwhile has the same number, and one of the two fails. */
export const INSERT_CHECKPOINT: Statement = {
  name: "",
  text: `INSERT INTO mcp_flowgate.checkpoint (n, body, hash, signature, leaves)
    VALUES ($1::bigint, $2, $3, $4, $5::bytea)`,
};
