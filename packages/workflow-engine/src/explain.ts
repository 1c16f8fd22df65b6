import type { Actor, Principal, WorkflowInstance } from "@mcp-flowgate/core";
import { describeGuard } from "@mcp-flowgate/guards-expr";
import { checkArguments, whyNotActor } from "./admit.ts";
import { benchOf, prefillOf, stateOf } from "./advance.ts";
import type { ExplainRequest } from "./engine-requests.ts";
import { judgeAll, scopeOf } from "./judge.ts";
import type { View } from "./work.ts";

/** Why each transition of the instance's state may or may not be taken, now and by this caller. */
export interface Explanation {
  readonly workflowId: string;
  readonly state: string;
  readonly version: number;
  readonly status: WorkflowInstance["status"];
  readonly transitions: readonly ExplainedTransition[];
}

export interface ExplainedTransition {
  readonly name: string;
  readonly target: string;
  readonly actor: Actor;
  readonly allowed: boolean;
  readonly reasons: readonly ExplainedReason[];
}

export interface ExplainedReason {
  readonly check: "actor" | "guard" | "schema";
  readonly passed: boolean;
  /** With the values of what an expression read. */
  readonly text: string;
  /** The guard, on one line. */
  readonly guard?: string;
}

/** Judges without changing anything (W17). */
export function explainInstance(view: View, request: ExplainRequest): Explanation {
  const { instance } = view;
  const transitions = Object.entries(stateOf(view).transitions)
    .filter(([name]) => request.transition === undefined || request.transition === name)
    .map(([name, transition]) => {
      const principal = transition.actor === "deterministic" ? instance.startedBy : request.principal;
      const reasons = [
        actorReason(transition, request.principal),
        ...schemaReasons(view, transition, request),
        ...guardReasons(view, transition, request, principal),
      ];
      const possible = instance.status === "idle" || instance.status === "waiting";
      const { target, actor } = transition;
      return { name, target, actor, allowed: possible && reasons.every(({ passed }) => passed), reasons };
    });
  return {
    workflowId: instance.id,
    state: instance.state,
    version: instance.version,
    status: instance.status,
    transitions,
  };
}

type Transition = ReturnType<typeof stateOf>["transitions"][string];

function actorReason(transition: Transition, principal: Principal): ExplainedReason {
  const why = whyNotActor(transition, { channel: "caller" });
  return { check: "actor", passed: why === undefined, text: why ?? `${principal.subject} may take it` };
}

function schemaReasons(
  view: View,
  transition: Transition,
  request: ExplainRequest,
): readonly ExplainedReason[] {
  if (request.arguments === undefined || transition.inputSchema === undefined) return [];
  const valid = checkArguments(view, transition.inputSchema, request.arguments, {});
  return [
    {
      check: "schema",
      passed: valid.ok,
      text: valid.ok ? "the arguments match the schema" : valid.error.message,
    },
  ];
}

function guardReasons(
  view: View,
  transition: Transition,
  request: ExplainRequest,
  principal: Principal,
): readonly ExplainedReason[] {
  const args =
    request.arguments ??
    (transition.actor === "deterministic" ? prefillOf(view, transition, principal) : undefined);
  const scope = scopeOf(view.instance, principal, args === undefined ? {} : { arguments: args });
  return judgeAll(benchOf(view), transition.guards, scope).map(({ guard, result }) => ({
    check: "guard",
    passed: result.verdict === "pass",
    text: result.text,
    guard: describeGuard(guard),
  }));
}
