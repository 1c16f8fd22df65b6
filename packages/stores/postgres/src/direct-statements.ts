import type { Statement } from "./database.ts";

const guardLock = (epoch: number): string => `hashtextextended('guard ${epoch}', 7882815)`;

/**
 * The lock is had by a statement before the one that judges, which has to see what was there once it was. Sent as text:
 * the server answers both with one packet, and what wakes a process costs more than what is in it.
 */
export function beginUnderGuard(epoch: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock_shared(${guardLock(epoch)})`;
}
/** Waits for the transactions of a replica that are under way; those that begin later do not hold. */
export function fenceOff(epoch: number): string {
  return `BEGIN; SELECT pg_advisory_xact_lock(${guardLock(epoch)})`;
}
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
export const NEXT_GUARD: Statement = {
  name: "next_guard",
  text: "UPDATE mcp_flowgate.replica SET guard = nextval('mcp_flowgate.guard') WHERE epoch = $1 RETURNING guard",
};
export const HAS_RECORD: Statement = {
  name: "has_record",
  text: `SELECT EXISTS (SELECT FROM mcp_flowgate.audit WHERE stream = $1 AND seq = $2 AND id = $3) AS "isThere"`,
};
