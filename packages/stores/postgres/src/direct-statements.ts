import type { Statement } from "./database.ts";

const GUARD_LOCK = "hashtextextended($1, 7882815)";

/** A statement of its own: the next one has to see what was there once the lock was had. */
export const UNDER_GUARD: Statement = {
  name: "under_guard",
  text: `SELECT pg_advisory_xact_lock_shared(${GUARD_LOCK})`,
};
/** The transaction has its number before it writes anything, as in T3. */
export const STAND: Statement = {
  name: "stand",
  text: `WITH locked AS MATERIALIZED (
      SELECT id, version, fence, claimant, operation_id, audit_seq, audit_hash
      FROM mcp_flowgate.wf WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE
    )
    SELECT pg_current_xact_id()::text AS xid, mcp_flowgate.hold(
      EXISTS (SELECT FROM mcp_flowgate.replica WHERE epoch = $8::bigint AND guard = $9::bigint) AND cardinality($1::text[]) = (
        SELECT count(*) FROM locked
        JOIN unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[])
          AS given(id, version, fence, claimant, operation_id, seq, hash) ON given.id = locked.id
        WHERE locked.version = given.version AND locked.fence = given.fence
          AND locked.claimant IS NOT DISTINCT FROM given.claimant
          AND locked.operation_id IS NOT DISTINCT FROM given.operation_id
          AND locked.audit_seq = given.seq AND locked.audit_hash = given.hash
      )
    )`,
};
/** Waits for the transactions of a replica that are under way; those that begin later do not hold. */
export const FENCE_OFF: Statement = {
  name: "fence_off",
  text: `SELECT pg_advisory_xact_lock(${GUARD_LOCK})`,
};
export const NEXT_GUARD: Statement = {
  name: "next_guard",
  text: "UPDATE mcp_flowgate.replica SET guard = nextval('mcp_flowgate.guard') WHERE epoch = $1 RETURNING guard",
};
export const HAS_RECORD: Statement = {
  name: "has_record",
  text: `SELECT EXISTS (SELECT FROM mcp_flowgate.audit WHERE stream = $1 AND seq = $2 AND id = $3) AS "isThere"`,
};
