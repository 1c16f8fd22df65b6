import type { AuditDraft } from "@mcp-flowgate/core";
import { GENESIS_HASH, type AuditChain } from "./audit-chain.ts";
import { linkAll, type AuditRow } from "./audit-table.ts";
import type { Session } from "./database.ts";
import { findRefusal, lock, type Refusal } from "./expectation.ts";
import type { KnownDefinitions } from "./known-definitions.ts";
import type { BatchRows } from "./rows.ts";
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
  /** By which the server can be asked what became of it. */
  readonly xid: string;
  /** What is true once it is committed. */
  readonly outcomes: readonly Outcome[];
  /** Resolves with the keys of the instances that changed when the server has said that it committed. */
  readonly committed: Promise<readonly string[]>;
}

export interface TransactionParts {
  readonly chain: AuditChain;
  /** Of records that concern no instance. */
  readonly ownStream: string;
  readonly epoch: number;
  readonly known: KnownDefinitions;
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
  const heads = new Map(locked.heads);
  const audit: AuditRow[] = [];
  const accepted: BatchRows[] = [];
  const outcomes = works.map((work): Outcome => {
    const result = work.batch === undefined ? undefined : findRefusal(work.batch, locked);
    if (result !== undefined) return { kind: "refused", result };
    try {
      const linked = linkAll(parts.chain, work.audit, parts.ownStream, heads, GENESIS_HASH);
      audit.push(...linked.rows);
      for (const [stream, head] of linked.heads) heads.set(stream, head);
    } catch (error) {
      return { kind: "failed", error: toStoreError(error, "AUDIT_UNAVAILABLE") };
    }
    if (work.batch !== undefined) accepted.push(work.batch);
    return { kind: "applied" };
  });
  const committed = write(session, accepted, { ...parts, locked, heads, audit });
  return { xid: locked.xid, outcomes, committed };
}
