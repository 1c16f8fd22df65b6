import type { JsonObject, Principal, TransitionIr, WorkflowInstance } from "@mcp-flowgate/core";
import { benchOf, prefillOf, stateOf } from "./advance.ts";
import { judgeAll, scopeOf } from "./judge.ts";
import { offersOf } from "./offers.ts";
import type { Link } from "./snapshot.ts";
import type { View } from "./work.ts";

/**
 * What the caller can do now, in declaration order, with prefill resolved. Never empty before the end (W19): where
 * only waiting helps, `refresh`.
 */
export function linksOf(view: View, principal: Principal): readonly Link[] {
  const { instance } = view;
  if (instance.status === "terminal") return [];
  const refresh = refreshLink(instance);
  if (instance.operationId !== undefined) {
    const childId = view.operation?.childId;
    return childId === undefined ? [refresh] : [refresh, childLink(childId)];
  }
  const recovery = recoveryLink(instance);
  if (instance.status === "parked") return [recovery ?? refresh];
  const state = stateOf(view);
  const filter = state.linkFilter ?? view.definition.ir.linkFilter;
  const links: Link[] = [];
  for (const [name, transition] of offersOf(state).agent) {
    const args = argumentsOf(view, name, transition, principal);
    if (filter === "byGuards" && failsNow(view, transition, principal)) continue;
    links.push(submitLink(instance, name, transition, args));
  }
  if (recovery !== undefined) links.push(recovery);
  return links.length === 0 ? [refresh] : links;
}

export function refreshLink(instance: Pick<WorkflowInstance, "id">): Link {
  return { rel: "refresh", method: "workflow.get", args: { workflowId: instance.id } };
}

/** Fails, not merely cannot be told yet: a guard that needs the arguments hides nothing. */
function failsNow(view: View, transition: TransitionIr, principal: Principal): boolean {
  const judged = judgeAll(benchOf(view), transition.guards, scopeOf(view.instance, principal));
  return judged.some(({ result }) => result.verdict === "fail");
}

/** Prefill; and after a failure what was sent, so that it can be mended and sent again. */
function argumentsOf(view: View, name: string, transition: TransitionIr, principal: Principal): JsonObject {
  const prefilled = prefillOf(view, transition, principal);
  const { operation, instance } = view;
  const sent =
    operation !== undefined &&
    operation.slot === "submit" &&
    operation.transition === name &&
    operation.fromVersion === instance.version &&
    operation.actor.subject === principal.subject
      ? operation.arguments
      : {};
  return { ...prefilled, ...sent };
}

function submitLink(
  instance: WorkflowInstance,
  name: string,
  transition: TransitionIr,
  args: JsonObject,
): Link {
  return {
    rel: name,
    ...(transition.title === undefined ? {} : { title: transition.title }),
    ...(transition.description === undefined ? {} : { description: transition.description }),
    method: "workflow.submit",
    actor: "agent",
    args: submitArgs(instance, name, args),
    ...(transition.inputSchema === undefined ? {} : { inputSchema: transition.inputSchema }),
  };
}

function recoveryLink(instance: WorkflowInstance): Link | undefined {
  const { recovery } = instance;
  if (recovery === undefined) return undefined;
  return {
    rel: recovery.transition,
    title: "Run again",
    method: "workflow.submit",
    actor: "deterministic",
    args: submitArgs(instance, recovery.transition, {}),
  };
}

function childLink(childId: string): Link {
  return { rel: "child", title: "The sub-workflow", method: "workflow.get", args: { workflowId: childId } };
}

function submitArgs(instance: WorkflowInstance, transition: string, args: JsonObject): JsonObject {
  return { workflowId: instance.id, expectedVersion: instance.version, transition, arguments: args };
}
