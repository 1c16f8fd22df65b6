import type { ExecutorIr, WorkflowIr } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { isChainState } from "./deterministic.ts";
import type { Rule } from "./rule.ts";

/** Workflows that start each other before anybody can decide anything: FG311. */
export const checkSubWorkflows: Rule = ({ workflows, report, valueAt }) => {
  const forced = new Map(Object.entries(workflows).map(([id, workflow]) => [id, forcedChildren(workflow)]));
  for (const [id, children] of forced) {
    for (const { child, pointer } of children) {
      const path = pathBack(child, id, forced);
      if (path === undefined) continue;
      const at = `/workflows/${escapePointer(id)}${pointer}`;
      report(
        "FG311",
        valueAt(`${at}/definitionId`),
        `these workflows start each other without end: ${[id, ...path].join(" → ")}`,
        {
          pointer: at,
        },
      );
    }
  }
};

interface ForcedChild {
  readonly child: string;
  readonly pointer: string;
}

/** The children that every instance starts before the first decision. */
function forcedChildren(workflow: WorkflowIr): readonly ForcedChild[] {
  const found: ForcedChild[] = [];
  const add = (executor: ExecutorIr | undefined, pointer: string): void => {
    if (executor?.kind === "workflow") found.push({ child: executor.definitionId, pointer });
  };
  const seen = new Set<string>();
  for (let name = workflow.initialState; !seen.has(name);) {
    seen.add(name);
    const state = workflow.states[name];
    if (state === undefined) break;
    const base = `/states/${escapePointer(name)}`;
    add(state.onEnter?.executor, `${base}/onEnter/executor`);
    const [first] = Object.entries(state.transitions);
    if (first === undefined || !isChainState(state)) break;
    const [transitionName, transition] = first;
    if (transition.guards.length > 0) break;
    add(transition.executor, `${base}/transitions/${escapePointer(transitionName)}/executor`);
    if (transition.branches.length > 0) break;
    name = transition.target;
  }
  return found;
}

function pathBack(
  from: string,
  to: string,
  children: ReadonlyMap<string, readonly ForcedChild[]>,
): readonly string[] | undefined {
  const open: (readonly string[])[] = [[from]];
  const seen = new Set<string>();
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    const last = path.at(-1) as string;
    if (last === to) return path;
    if (seen.has(last)) continue;
    seen.add(last);
    for (const { child } of children.get(last) ?? []) open.push([...path, child]);
  }
  return undefined;
}
