import {
  canonicalJson,
  getOwn,
  isJsonObject,
  type Definition,
  type JsonObject,
  type Operation,
  type Principal,
} from "@mcp-flowgate/core";
import type { Digest } from "@mcp-flowgate/core";
import type { Programs } from "./programs.ts";

/**
 * The operation that an equal submit began at this version: the same transition, arguments and principal. It answers
 * the call instead of a second one (W9). One that failed, or that people turned down, is no answer: it may be tried
 * again.
 */
export function findEqual(
  journal: readonly Operation[],
  call: {
    /** Left out, any. */
    readonly version: number | undefined;
    readonly transition: string;
    readonly arguments: JsonObject;
    readonly principal: Principal;
  },
  definition: Definition,
  env: { readonly programs: Programs; readonly digest: Digest },
): Operation | undefined {
  return journal.findLast(
    (operation) =>
      (call.version === undefined || operation.fromVersion === call.version) &&
      operation.slot === "submit" &&
      operation.transition === call.transition &&
      operation.actor.subject === call.principal.subject &&
      ANSWERS.has(operation.status) &&
      operation.argumentsHash === hashOf(definition, operation, call.arguments, env),
  );
}

/** The steps that an operation led to: itself, and what the gateway then did by itself, in order. */
export function stepsSince(journal: readonly Operation[], operation: Operation): readonly Operation[] {
  const over = journal
    .filter(({ status, fromVersion }) => status !== "running" && fromVersion >= operation.fromVersion)
    .sort((left, right) => left.fromVersion - right.fromVersion || left.startedAt - right.startedAt);
  const at = over.findIndex(({ id }) => id === operation.id);
  return at === -1 ? [] : ownSteps(over.slice(at));
}

/** Of steps in their order those that one call brought about: the first, and what follows from it. */
export function ownSteps(steps: readonly Operation[]): readonly Operation[] {
  const next = steps.findIndex((step, index) => index > 0 && !followsFrom(step, steps[index - 1]!));
  return next === -1 ? steps : steps.slice(0, next);
}

/**
 * Whether the gateway went on from a step with another: with its chain, or, in the commit of the step, with a deadline that
 * had passed or a cancellation that had come meanwhile. That commit took the next fence, unless the step was begun in it.
 */
export function followsFrom({ slot, fence }: Operation, before: Operation): boolean {
  if (isOfChain(slot)) return true;
  return slot !== "submit" && slot !== "migrate" && fence === before.fence + (before.attempt > 0 ? 1 : 0);
}

/** Steps that the gateway takes by itself wherever a step leads to. */
export function isOfChain(slot: Operation["slot"]): boolean {
  return slot === "chain" || slot === "onEnter";
}

/** The hash of the definition that an operation was of, where its instance was moved to another after it. */
export function movedFrom(journal: readonly Operation[], operation: Operation): string | undefined {
  const moved = journal.find(
    ({ slot, status, fromVersion }) =>
      slot === "migrate" && status === "committed" && fromVersion > operation.fromVersion,
  );
  const hash = moved?.arguments["from"];
  return typeof hash === "string" ? hash : undefined;
}

const ANSWERS: ReadonlySet<Operation["status"]> = new Set(["running", "waiting", "unknown", "committed"]);

/** Arguments are kept with their defaults, so the call's must get them too before they are compared. */
function hashOf(
  definition: Definition,
  operation: Operation,
  args: JsonObject,
  { programs, digest }: { readonly programs: Programs; readonly digest: Digest },
): string {
  const state = getOwn(definition.ir.states, operation.fromState);
  const schema =
    state === undefined ? undefined : getOwn(state.transitions, operation.transition)?.inputSchema;
  const valid = schema === undefined ? undefined : programs.validate(schema, args);
  const complete = valid?.ok === true && isJsonObject(valid.value) ? valid.value : args;
  return digest.sha256(canonicalJson(complete));
}
