import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "@mcp-flowgate/core";
import type { Database } from "./database.ts";
import { fenceOff, HAS_RECORD, NEXT_GUARD } from "./direct-statements.ts";
import type { Guard } from "./replica-lease.ts";
import { inDoubtError, isConnectionLost, sqlState } from "./store-error.ts";
import type { Trace } from "./transaction.ts";

export interface DoubtParts {
  readonly database: Database;
  readonly log: Log;
  readonly epoch: number;
  readonly guard: Guard;
  readonly patienceMs: number;
}

/** For how long the server is asked what became of a commit, beyond the patience for everything else. */
const IN_DOUBT_MS = 30_000;
const MAX_PAUSE_MS = 500;

/**
 * Asks the server, over another connection and until it says, whether a transaction committed whose end was not heard.
 * Once it said that it did not, it never will.
 * @throws FlowgateError `STORE_UNAVAILABLE` where it does not say.
 */
export async function hasCommitted(trace: Trace, cause: unknown, parts: DoubtParts): Promise<boolean> {
  parts.log.debug("a connection ended at a commit; the server is asked what became of it", { ...trace });
  const until = performance.now() + parts.patienceMs + IN_DOUBT_MS;
  for (let pause = 10; performance.now() < until; pause = Math.min(MAX_PAUSE_MS, pause * 2)) {
    try {
      const said =
        "xid" in trace ? await askByNumber(trace.xid, parts) : await askByRecord(trace.record, parts);
      if (said !== undefined) return said;
    } catch (thrown) {
      // A server that never gave this number has taken over from the one that did, without the transaction.
      if (sqlState(thrown) === "22023") return false;
      if (!isConnectionLost(thrown) && !isLockTimeout(thrown)) throw inDoubtError(thrown);
    }
    await wait(pause);
  }
  throw inDoubtError(cause);
}

/** @returns nothing while it is under way. */
async function askByNumber(xid: string, { database }: DoubtParts): Promise<boolean | undefined> {
  const [row] = await database.read<{ status: string | null }>(ASK_STATUS, [xid]);
  if (row?.status === "committed") return true;
  return row?.status === "aborted" ? false : undefined;
}

/** U2 */
async function askByRecord(
  { stream, seq, id }: Extract<Trace, { record: unknown }>["record"],
  { database, epoch, guard }: DoubtParts,
): Promise<boolean> {
  const next = await database.session(async (session) => {
    try {
      await session.query(fenceOff(epoch));
      const { rows } = await session.query<{ guard: number }>(NEXT_GUARD, [epoch]);
      await session.query("COMMIT");
      return rows[0]?.guard;
    } catch (thrown) {
      if (!isConnectionLost(thrown)) await session.query("ROLLBACK");
      throw thrown;
    }
  });
  if (next !== undefined) guard.current = next;
  const [row] = await database.read<{ isThere: boolean }>(HAS_RECORD, [stream, seq, id]);
  return row?.isThere ?? false;
}

/** A transaction that is under way holds what is waited for. */
function isLockTimeout(thrown: unknown): boolean {
  return sqlState(thrown) === "55P03" || sqlState(thrown) === "57014";
}

const ASK_STATUS = { name: "ask_status", text: "SELECT pg_xact_status($1::xid8) AS status" };
