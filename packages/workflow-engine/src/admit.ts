import {
  err,
  isJsonObject,
  ok,
  type JsonObject,
  type Principal,
  type Result,
  type TransitionIr,
} from "@mcp-flowgate/core";
import { getOwn } from "@mcp-flowgate/core";
import { guardRates } from "@mcp-flowgate/guards-expr";
import { systemOf } from "./access.ts";
import { benchOf, chooseDeterministic, stateOf } from "./advance.ts";
import { unknownStep, type ClaimRequest } from "./claim.ts";
import { allPass, judgeAll, scopeOf, toDetail } from "./judge.ts";
import { exceeds, utf8Length } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Work } from "./work.ts";

/** What somebody asks for. */
export interface Proposal {
  readonly transition: string;
  readonly arguments: JsonObject;
  readonly principal: Principal;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** `caller`: over the tools. `decision`: people have chosen it. `admin`: an operator, who may take system transitions. */
  readonly channel: "caller" | "decision" | "admin";
  /** Arguments that were just found to match this schema, complete with its defaults: a start's are its input. */
  readonly checked?: { readonly schema: JsonObject | undefined; readonly arguments: JsonObject };
}

/**
 * The checks of a submit, in their fixed order: the transition, the actor, the schema, the guards. What comes before
 * (deadline, version) and after (templates) is the caller's. Nothing is changed unless all of them hold (W8).
 */
export function admit(work: Work, proposal: Proposal): Result<ClaimRequest, Refusal> {
  const { instance } = work;
  const name = proposal.transition;
  const attempted = { attemptedTransition: name };
  if (instance.recovery !== undefined && instance.recovery.transition === name)
    return admitRecovery(work, proposal);
  if (instance.status === "parked") {
    return err(
      refusal(
        "INVALID_TRANSITION",
        `the workflow is parked: ${instance.parkedReason ?? "no reason is known"}`,
        attempted,
      ),
    );
  }
  const transition = getOwn(stateOf(work).transitions, name);
  if (transition === undefined) return err(unknownStep(name, instance.state));
  const wrongActor = whyNotActor(transition, proposal);
  if (wrongActor !== undefined) return err(refusal("ACTOR_MISMATCH", wrongActor, attempted));
  const { checked } = proposal;
  const args =
    checked !== undefined && checked.schema === transition.inputSchema
      ? ok(checked.arguments)
      : checkArguments(work, transition.inputSchema, proposal.arguments, attempted);
  if (!args.ok) return args;
  const scope = scopeOf(instance, proposal.principal, { arguments: args.value });
  const judged = judgeAll(benchOf(work), transition.guards, scope, "failed");
  if (!allPass(judged)) {
    const failed = judged.filter(({ result }) => result.verdict !== "pass");
    const limited = failed.some(({ guard }) => guard.kind === "rateLimit");
    const message = `\`${name}\` is not allowed: ${failed[0]?.result.text ?? "a guard does not pass"}`;
    const details = failed.map(toDetail);
    return err(refusal(limited ? "RATE_LIMITED" : "GUARD_REJECTED", message, { ...attempted, details }));
  }
  const rateScope = { values: scope, definitionId: instance.definitionId };
  for (const guard of transition.guards)
    for (const rate of guardRates(guard, rateScope)) work.countRate(rate);
  if (judged.length > 0) {
    const guards = judged.map(({ result }) => ({ kind: result.kind, text: result.text }));
    work.audit("guard.evaluated", { transition: name, passed: true, guards }, about(proposal));
  }
  return ok({
    slot: "submit",
    transition: name,
    actor: proposal.principal,
    arguments: args.value,
    correlationId: proposal.correlationId,
    ...(proposal.traceparent === undefined ? {} : { traceparent: proposal.traceparent }),
  });
}

/** Size and schema of what a caller sends; defaults applied. */
export function checkArguments(
  work: Pick<Work, "env">,
  schema: JsonObject | undefined,
  value: JsonObject,
  attempted: { readonly attemptedTransition?: string },
): Result<JsonObject, Refusal> {
  const { programs, limits } = work.env;
  const text = JSON.stringify(value);
  if (exceeds(text, limits.argumentsBytes)) {
    const bytes = utf8Length(text);
    const message = `the arguments take ${bytes} bytes, over the limit of ${limits.argumentsBytes}`;
    return err(refusal("INVALID_ARGUMENTS", message, attempted));
  }
  if (schema === undefined) return ok(value);
  const valid = programs.validate(schema, value);
  if (valid.ok && isJsonObject(valid.value)) return ok(valid.value);
  const violations = valid.ok ? [{ pointer: "", message: "must be an object" }] : valid.error;
  const details = violations.map(({ pointer, message }) => ({ check: "schema", pointer, message }));
  return err(
    refusal("INPUT_SCHEMA_VIOLATION", violations.map(({ message }) => message).join("; "), {
      ...attempted,
      details,
    }),
  );
}

/** Why this channel may not take a transition of this actor; both ways (F39). */
export function whyNotActor(
  transition: TransitionIr,
  { channel }: Pick<Proposal, "channel">,
): string | undefined {
  switch (transition.actor) {
    case "agent":
      return undefined;
    case "human":
      return channel === "decision"
        ? undefined
        : "this transition needs a person's decision, which is made in the approval queue";
    case "system":
      return channel === "admin" ? undefined : "this transition is taken by the system, not by callers";
    case "deterministic":
      return "this transition is taken by the gateway itself as part of a chain, not by callers";
    default:
      return transition.actor satisfies never;
  }
}

/** What the engine owes is run again as it was: on its own authority, with arguments of nobody else. */
function admitRecovery(work: Work, proposal: Proposal): Result<ClaimRequest, Refusal> {
  const attempted = { attemptedTransition: proposal.transition };
  if (Object.keys(proposal.arguments).length > 0) {
    const message = "this step is the gateway's own: it is run again as it was and takes no arguments";
    return err(refusal("ACTOR_MISMATCH", message, attempted));
  }
  const { recovery, startedBy } = work.instance;
  const trace = {
    correlationId: proposal.correlationId,
    ...(proposal.traceparent === undefined ? {} : { traceparent: proposal.traceparent }),
  };
  const slot = recovery?.slot ?? "chain";
  if (slot !== "chain") {
    const actor = slot === "timeout" ? systemOf(work) : startedBy;
    return ok({ slot, transition: proposal.transition, actor, arguments: {}, ...trace });
  }
  const chosen = chooseDeterministic(work, stateOf(work));
  if (chosen === undefined) {
    const message = "no guard lets any of the gateway's own steps of this state run now";
    return err(refusal("GUARD_REJECTED", message, attempted));
  }
  return ok({ slot, transition: chosen.name, actor: startedBy, arguments: chosen.arguments, ...trace });
}

function about({ principal, correlationId }: Proposal): {
  readonly principal: Principal;
  readonly correlationId: string;
} {
  return { principal, correlationId };
}
