import type { Operation, Principal } from "@mcp-flowgate/core";
import { park } from "./advance.ts";
import { claim } from "./claim.ts";
import { finish } from "./finish.ts";
import { preempt } from "./preempt.ts";
import { compensationOf } from "./step.ts";
import type { Work } from "./work.ts";

export interface Cancellation {
  readonly reason: string;
  readonly requestedBy: Principal;
  readonly correlationId: string;
}

/**
 * Begins to cancel: what is waited for ends, and what was done and can be undone is noted, the last first. Needs the
 * journal in the facts. The compensations follow one by one as operations of their own ({@link compensateNext}).
 */
export function beginCancel(work: Work, cancellation: Cancellation): void {
  const { reason, requestedBy } = cancellation;
  const waited = work.operation;
  preempt(work, `cancelled: ${reason}`);
  // From here on the instance only ends: no deadline leads it anywhere else.
  for (const { id, kind } of work.timers()) if (kind === "workflow" || kind === "state") work.disarm(id);
  const { cancelling } = work.instance;
  if (cancelling !== undefined) {
    // The compensation that was under way is given up, those after it are not.
    work.set({ status: "idle", cancelling: { ...cancelling, remaining: cancelling.remaining.slice(1) } });
    return;
  }
  const remaining = work.facts.journal
    .filter((operation) => operation.status === "committed" && operation.error === undefined)
    .filter((operation) => compensationOf(work.definition, operation) !== undefined)
    .map((operation) => operation.id)
    .reverse();
  // What goes on at another gateway is not over because nobody waits for it any more.
  const followed = waited === undefined ? undefined : followedBy(waited);
  if (followed !== undefined && !remaining.includes(followed)) remaining.unshift(followed);
  work.set({ status: "idle", cancelling: { reason, requestedBy, remaining } });
}

/** Runs the next compensation, or ends the instance as cancelled. */
export function compensateNext(work: Work, correlationId: string): void {
  const { cancelling } = work.instance;
  if (cancelling === undefined) return;
  const [next] = cancelling.remaining;
  if (next === undefined) {
    const begun = claim(work, {
      slot: "cancel",
      transition: "cancel",
      actor: cancelling.requestedBy,
      arguments: { reason: cancelling.reason },
      correlationId,
    });
    if (!begun.ok) finish(work, "cancelled");
    return;
  }
  const original = work.facts.journal.find(({ id }) => id === next);
  if (original === undefined) {
    skip(work, next);
    compensateNext(work, correlationId);
    return;
  }
  const begun = claim(work, {
    slot: "compensate",
    transition: original.transition,
    actor: cancelling.requestedBy,
    arguments: original.arguments,
    correlationId,
    original,
  });
  if (!begun.ok) {
    const recovery = { slot: "compensate" as const, transition: original.transition };
    park(work, `\`${original.transition}\` cannot be undone: ${begun.error.message}`, recovery);
  }
}

function skip(work: Work, id: string | undefined): void {
  const { cancelling } = work.instance;
  if (cancelling === undefined) return;
  work.set({
    cancelling: { ...cancelling, remaining: cancelling.remaining.filter((other) => other !== id) },
  });
}

function followedBy({ id, status, call }: Operation): string | undefined {
  return status === "waiting" && call?.kind === "mcp" && call.follows !== undefined ? id : undefined;
}
