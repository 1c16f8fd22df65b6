import type { AuditDraft, AuditIr, AuditSinkKind, Digest, Ids } from "@mcp-flowgate/core";
import { createEventFilter } from "./event-filter.ts";
import { linkEvent } from "./hash-chain.ts";
import type { Head } from "./hash-chain.ts";
import { isSealed } from "./seal/seal-settings.ts";
import { createTextMaker, redactionKey } from "./make-text.ts";

/** A record as a store keeps it in its own transaction: `line` is its JSON text, without a line feed. */
export interface StoreLine {
  readonly id: string;
  readonly eventType: string;
  readonly seq: number;
  readonly hash: string;
  readonly line: string;
}

/**
 * For stores that record events in the transaction that they belong to: links an event behind the head of its
 * stream, redacted and reduced as for every other sink. Synchronous; throws where an event has no JSON text, which has
 * to fail the transaction. `undefined` where the sink does not want the event.
 */
export type StoreChain = (head: Head, draft: AuditDraft) => StoreLine | undefined;

/**
 * The chain of a store that keeps the events of the sink `kind` (`sqlite` or `postgres`) and those that are handed on
 * from it to others (`isSealed`). Where the configuration has neither, nothing is kept.
 */
export async function createStoreChain(
  ir: AuditIr,
  kind: AuditSinkKind,
  deps: { readonly ids: Ids; readonly digest: Digest; readonly secrets: readonly string[] },
): Promise<StoreChain> {
  const filters = ir.sinks
    .filter((sink) => sink.kind === kind || isSealed(sink.kind))
    .map((sink) => createEventFilter(sink.events));
  if (filters.length === 0) return () => undefined;
  const wants = (eventType: string): boolean => filters.some((filter) => filter(eventType));
  const makeText = createTextMaker(ir, deps, await redactionKey(ir));
  return (head, draft) => {
    if (!wants(draft.type)) return undefined;
    const linked = linkEvent(head, makeText(draft), deps.digest);
    return { ...linked, line: linked.line.slice(0, -1) };
  };
}
