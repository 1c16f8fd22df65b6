import type { AuditDraft } from "@mcp-flowgate/core";
import { GENESIS_HASH, type AuditChain, type AuditHead, type BatchRows } from "@mcp-flowgate/store-sql";
import { linkAll, type AuditRow } from "./audit-table.ts";
import type { Session } from "./database.ts";
import { findRefusal, instancesOf, lock, toWorkflowStream, type Refusal } from "./expectation.ts";
import type { KnownDefinitions } from "./known-definitions.ts";
import type { Guard } from "./replica-lease.ts";
import type { KnownStandings } from "./standing.ts";
import { toStoreError } from "./store-error.ts";
import { write } from "./write.ts";

/** What one caller wants done: a batch, or events alone. */
export interface Work {
  readonly batch: BatchRows | undefined;
  readonly audit: readonly AuditDraft[];
}

/** What became of it. */
export type Outcome =
  | { readonly kind: "applied" }
  | { readonly kind: "refused"; readonly result: Refusal }
  | { readonly kind: "failed"; readonly error: unknown };

/** A transaction that is sent, its commit with it. */
export interface Sent {
  readonly trace: Trace;
  /** What is true once it is committed. */
  readonly outcomes: readonly Outcome[];
  /** Resolves with the keys of the instances that changed when the server has said that it committed. */
  readonly committed: Promise<readonly string[]>;
}

/** By what the server can be asked what became of a transaction: its number, or a record that it leaves. */
export type Trace =
  | { readonly xid: string }
  | { readonly record: { readonly stream: string; readonly seq: number; readonly id: string } };

export interface TransactionParts {
  readonly chain: AuditChain;
  /** Of records that concern no instance. */
  readonly ownStream: string;
  readonly epoch: number;
  readonly known: KnownDefinitions;
  readonly standings: KnownStandings;
  readonly guard: Guard;
}

/**
 * Judges and writes several pieces of work in one transaction and two round trips: locks and reads, then writes and
 * the commit. No two of them may be about the same instance, approval, request key or rate.
 *
 * T1 Rows are locked in one order everywhere: names of requests and rates, instances by id, approvals, signals, timers.
 *    The writes rest on what was read under these locks (S2).
 * T2 What no lock covers, a constraint does: `op_live` (S3), the primary key of an instance that is begun twice, the
 *    place of an audit record. Whoever meets one has seen an old state; the transaction is tried again.
 * T3 The transaction has its number before it writes anything.
 */
export async function transact(
  session: Session,
  works: readonly Work[],
  parts: TransactionParts,
): Promise<Sent> {
  const locked = await lock(session, works, parts.ownStream);
  const chained = chainAll(works, parts, locked.heads, ({ batch }) => batch && findRefusal(batch, locked));
  const committed = write(session, chained.accepted, { ...parts, ...chained, ground: locked });
  return {
    trace: { xid: locked.xid },
    outcomes: chained.outcomes,
    committed: remembered(works, committed, chained, parts),
  };
}

/** What of some work can be written: judged, and its records linked. */
export interface Chained {
  readonly outcomes: readonly Outcome[];
  readonly accepted: readonly BatchRows[];
  readonly audit: readonly AuditRow[];
  /** Of all streams, as after the transaction. */
  readonly heads: ReadonlyMap<string, AuditHead>;
}

export function chainAll(
  works: readonly Work[],
  { chain, ownStream }: TransactionParts,
  before: ReadonlyMap<string, AuditHead>,
  judge: (work: Work) => Refusal | undefined,
): Chained {
  const heads = new Map(before);
  const audit: AuditRow[] = [];
  const accepted: BatchRows[] = [];
  const outcomes = works.map((work): Outcome => {
    const result = judge(work);
    if (result !== undefined) return { kind: "refused", result };
    try {
      const linked = linkAll(chain, work.audit, ownStream, heads, GENESIS_HASH);
      audit.push(...linked.rows);
      for (const [stream, head] of linked.heads) heads.set(stream, head);
    } catch (error) {
      return { kind: "failed", error: toStoreError(error, "AUDIT_UNAVAILABLE") };
    }
    if (work.batch !== undefined) accepted.push(work.batch);
    return { kind: "applied" };
  });
  return { outcomes, accepted, audit, heads };
}

/** Once it is committed, how its instances stand is known; where it fails, it is not known any more. */
export async function remembered(
  works: readonly Work[],
  committed: Promise<readonly string[]>,
  { accepted, heads }: Chained,
  { standings }: TransactionParts,
): Promise<readonly string[]> {
  for (const id of works.flatMap(instancesOf)) standings.forget(id);
  const changed = await committed;
  for (const batch of accepted) standings.wrote(batch, heads.get(toWorkflowStream(batch.workflowId ?? "")));
  return changed;
}
