import {
  getOwn,
  ok,
  type Definition,
  type JsonObject,
  type Principal,
  type Result,
} from "@mcp-flowgate/core";
import { deadline, proceed, rest, stateOf } from "./advance.ts";
import { withdrawAll } from "./approval-queue.ts";
import { claim } from "./claim.ts";
import type { Refusal } from "./refusal.ts";
import { settle } from "./settle.ts";
import type { Work } from "./work.ts";

/** An instance's move to another definition of its workflow, checked. */
export interface Migration {
  readonly from: Definition;
  /** Where it stands in the new definition. */
  readonly state: string;
  /** Values that the new definition begins with and the instance does not have. */
  readonly added: JsonObject;
  readonly reason: string;
  readonly principal: Principal;
  readonly correlationId: string;
}

/**
 * Moves an instance to the definition of the draft. It is a committed operation of its own, so the version goes up and
 * what was offered before is stale (W2, W14). Nothing of the state is entered anew: its onEnter ran, or did not have to.
 */
export function migrate(work: Work, migration: Migration): Result<void, Refusal> {
  const { from, state, added, reason, principal, correlationId } = migration;
  const { instance, definition, env } = work;
  const { recovery } = instance;
  const hashes = { from: from.hash, to: definition.hash };
  const begun = claim(work, {
    slot: "migrate",
    transition: "migrate",
    actor: principal,
    arguments: { ...hashes, state, added, reason },
    correlationId,
  });
  if (!begun.ok) return begun;
  work.set({
    definitionHash: definition.hash,
    definitionVersion: definition.ir.version,
    state,
    context: { ...added, ...instance.context },
    ...(state === instance.state ? {} : { stateEnteredAt: env.now }),
  });
  work.audit(
    "workflow.migrated",
    {
      ...hashes,
      fromDefinitionVersion: instance.definitionVersion,
      toDefinitionVersion: definition.ir.version,
      fromState: instance.state,
      toState: state,
      added: Object.keys(added),
      reason,
    },
    { operation: begun.value },
  );
  const { dispatch } = work;
  if (dispatch !== undefined) settle(work, dispatch, { status: "succeeded", output: null, evidence: [] });
  withdrawAll(work);
  rearm(work);
  const owed = recovery !== undefined && isThere(work, recovery) ? recovery : undefined;
  if (owed === undefined) {
    proceed(work, { correlationId });
    return ok(undefined);
  }
  work.set({ recovery: owed });
  rest(work);
  return ok(undefined);
}

/** The deadlines of the new definition, counted from when the instance, or its state, began. */
function rearm(work: Work): void {
  const { instance, definition } = work;
  for (const { id, kind } of work.timers()) if (kind === "workflow" || kind === "state") work.disarm(id);
  const { timeoutMs } = definition.ir;
  const state = stateOf(work);
  if (state.terminal) return;
  if (timeoutMs !== undefined) work.arm(deadline(work, "workflow", instance.createdAt + timeoutMs));
  if (state.timeoutMs !== undefined) {
    work.arm(deadline(work, "state", instance.stateEnteredAt + state.timeoutMs));
  }
}

function isThere(
  work: Work,
  { slot, transition }: { readonly slot: string; readonly transition: string },
): boolean {
  const state = stateOf(work);
  return slot === "onEnter"
    ? state.onEnter !== undefined
    : slot === "chain" && getOwn(state.transitions, transition)?.actor === "deterministic";
}
