import { streamOf, type AuditHead, type BatchRows } from "@mcp-flowgate/store-sql";
import type { Session } from "./database.ts";
import { beginUnderGuard } from "./direct-statements.ts";
import { toWorkflowStream, type Ground } from "./expectation.ts";
import { inOrder } from "./in-order.ts";
import { fromKey, toBoundedKey, toKey } from "./keys.ts";
import type { Standing } from "./standing.ts";
import { chainAll, remembered, type Sent, type TransactionParts, type Work } from "./transaction.ts";
import { write } from "./write.ts";

/**
 * A transaction in one round trip, for work that rests on nothing but how its instances stand and that timers which it
 * takes away are there: most steps do.
 *
 * U1 The transaction says how each instance stands, as this process last knew it, and the server judges while it writes:
 *    where one stands otherwise or a timer is gone, all of it is undone (SQLSTATE FG001), and the work goes the longer
 *    way. Two that write the same instances in another order end as a deadlock does.
 * U2 Its number is not heard before its commit is sent. So where the connection breaks, it is found out in another way
 *    what became of it (`doubt.ts`): this process takes another number for its guard, which waits for the
 *    transactions that are under way and undoes those that the server has yet to begin, however late they come; then
 *    the transaction has committed if, and only if, a record is there that it leaves.
 * U3 What is inserted without a lock is upheld by constraints, as in T2.
 */
export interface DirectPlan {
  readonly works: readonly Work[];
  readonly standings: readonly Standing[];
}

/** @returns how the work can go in one trip, if it can. */
export function planDirect(works: readonly Work[], parts: TransactionParts): DirectPlan | undefined {
  const standings: Standing[] = [];
  for (const work of works) {
    const standing = restsOn(work, parts);
    if (standing === undefined) return undefined;
    if (standing !== "absent") standings.push(standing);
  }
  return { works, standings };
}

function restsOn(
  { batch, audit }: Work,
  { ownStream, standings }: TransactionParts,
): Standing | "absent" | undefined {
  if (batch?.workflowId === undefined || batch.request !== undefined) return undefined;
  const { absent, instance, approvals, signals, timers, requestUnused, rates } = batch.expect;
  if (requestUnused !== undefined || batch.countRates.length > 0) return undefined;
  if ([approvals, signals, rates].some((named) => named !== undefined && named.length > 0)) return undefined;
  if (timers !== undefined && !endsAll(batch, timers)) return undefined;
  // The record that it is recognised by (U2). Those of other streams would build on heads that are not known.
  if (audit.length === 0) return undefined;
  const stream = toWorkflowStream(batch.workflowId);
  if (audit.some((draft) => toBoundedKey(streamOf(draft, ownStream)) !== stream)) return undefined;
  if (absent !== undefined)
    return instance === undefined && toKey(absent) === batch.workflowId ? "absent" : undefined;
  if (instance === undefined || batch.instance === undefined || toKey(instance.id) !== batch.workflowId)
    return undefined;
  const standing = standings.get(batch.workflowId);
  return standing?.version === instance.version && standing.fence === instance.fence ? standing : undefined;
}

/** Whether these timers end with the batch. Then the server counts them while it takes them away. */
function endsAll({ cancelTimers }: BatchRows, fired: readonly string[]): boolean {
  if (new Set(fired).size < fired.length) return false;
  return cancelTimers === "all" || fired.every((id) => cancelTimers.includes(toKey(id)));
}

/** Sends all of it. @returns nothing where no record would be left to recognise it by. */
export function transactDirectly(
  session: Session,
  { works, standings }: DirectPlan,
  parts: TransactionParts,
): Sent | undefined {
  const ground = toGround(standings);
  const chained = chainAll(works, parts, ground.heads, () => undefined);
  const [record] = chained.audit;
  if (record === undefined) return undefined;
  const { epoch, guard } = parts;
  const begun = session.query(beginUnderGuard(epoch));
  const held = { standings, guard: guard.current };
  const written = write(session, chained.accepted, { ...parts, ...chained, ground, held });
  const committed = inOrder([begun, written]).then(([, changed]) => changed);
  return {
    trace: { record },
    outcomes: chained.outcomes,
    committed: remembered(works, committed, chained, parts),
  };
}

function toGround(standings: readonly Standing[]): Ground {
  return {
    instances: new Map(standings.map((standing) => [standing.id, standing])),
    approvals: new Map(),
    signals: new Set(),
    timers: new Set(),
    requests: new Map(),
    rates: new Map(),
    heads: new Map<string, AuditHead>(
      standings.map(({ id, seq, hash }) => [
        toWorkflowStream(id),
        { stream: `wf:${fromKey(id)}`, seq, hash },
      ]),
    ),
  };
}
