import type { Statement } from "./database.ts";

const guardLock = (epoch: number): string => `hashtextextended('guard ${epoch}', 7882815)`;

/**
 * The lock is had by a statement before the one that judges, which has to see what was there once it was; and the
 * transaction has its number before it writes anything, as in T3. Sent as text: the server answers all with one packet,
 * and what wakes a process costs more than what is in it.
 */
export function beginUnderGuard(epoch: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id(), pg_advisory_xact_lock_shared(${guardLock(epoch)})`;
}
/** Waits for the transactions of a replica that are under way; those that begin later do not hold. */
export function fenceOff(epoch: number): string {
  return `BEGIN; SELECT pg_advisory_xact_lock(${guardLock(epoch)})`;
}
/** The number of the transaction that gives it: no other is ever the same. */
export const NEXT_GUARD: Statement = {
  name: "next_guard",
  text: "UPDATE mcp_flowgate.replica SET guard = pg_current_xact_id()::text::bigint WHERE epoch = $1 RETURNING guard",
};
export const HAS_RECORD: Statement = {
  name: "has_record",
  text: `SELECT EXISTS (SELECT FROM mcp_flowgate.audit WHERE stream = $1 AND seq = $2 AND id = $3) AS "isThere"`,
};
