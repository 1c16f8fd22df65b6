import { escapePointer, nearest } from "@mcp-flowgate/json-schema";
import { quote } from "../source/config-node.ts";
import { isChainState } from "./deterministic.ts";
import type { Rule, RuleContext } from "./rule.ts";
import { endlessStates, reachable, type StateGraph } from "./state-graph.ts";

/** Targets that do not exist, states nobody reaches, and states that nobody leaves: FG401 to FG404, FG407, FG410. */
export const checkGraph: Rule = (context) => {
  for (const [id, graph] of context.graphs) checkWorkflow(graph, `/workflows/${escapePointer(id)}`, context);
};

function checkWorkflow(graph: StateGraph, base: string, context: RuleContext): void {
  const { workflow } = graph;
  const names = Object.keys(workflow.states);
  const known = new Set(names);
  checkDangling(graph, base, names, context);
  if (!known.has(workflow.initialState)) {
    const pointer = `${base}/initialState`;
    const close = nearest(workflow.initialState, names);
    context.report("FG407", context.valueAt(pointer), `there is no state ${quote(workflow.initialState)}`, {
      pointer,
      hint:
        close === undefined
          ? `The states are ${names.slice(0, 10).join(", ")}.`
          : `Did you mean \`${close}\`?`,
    });
    return;
  }
  const reached = reachable([workflow.initialState], (state) => graph.outgoing(state).map(({ to }) => to));
  // A state without a way out is reported for itself; those before it are not to blame.
  const terminal = names.filter(
    (name) => workflow.states[name]?.terminal === true || graph.outgoing(name).length === 0,
  );
  const finishing = reachable(terminal, (state) => graph.incoming(state).map(({ from }) => from));
  const late = new Set(endlessStates(graph, terminal).flatMap((one) => (one.late ? [one.state] : [])));
  for (const name of names) {
    const state = workflow.states[name];
    const pointer = `${base}/states/${escapePointer(name)}`;
    if (state === undefined) continue;
    if (!reached.has(name) && graph.dangling.length === 0) {
      context.report(
        "FG402",
        context.keyAt(pointer),
        `no path from ${quote(workflow.initialState)} leads to the state ${quote(name)}`,
        { pointer },
      );
    }
    if (state.terminal) {
      checkTerminal(
        name,
        pointer,
        context,
        Object.keys(state.transitions).length > 0,
        state.timeoutMs !== undefined,
      );
    } else if (graph.outgoing(name).length === 0) {
      if (!graph.dangling.some(({ from }) => from === name)) {
        context.report(
          "FG403",
          context.keyAt(pointer),
          `the state ${quote(name)} is not terminal and has no way out`,
          {
            pointer,
            hint: "Write `terminal: true`, or add a transition.",
          },
        );
      }
    } else if (graph.dangling.length === 0 && !isCircle(name, graph)) {
      const where = `no terminal state can be reached from ${quote(name)}`;
      if (!finishing.has(name)) context.report("FG404", context.keyAt(pointer), where, { pointer });
      else if (late.has(name)) {
        context.report("FG404", context.keyAt(pointer), `${where} once the workflow's deadline has passed`, {
          pointer,
          hint: "The deadline passes once: after it, a way out has to be there without it.",
        });
      }
    }
  }
}

function checkTerminal(
  name: string,
  pointer: string,
  context: RuleContext,
  transitions: boolean,
  deadline: boolean,
): void {
  if (!transitions && !deadline) return;
  const what = transitions ? "transitions" : "timeoutMs";
  context.report(
    "FG410",
    context.keyAt(`${pointer}/${what}`),
    `the state ${quote(name)} is terminal, so its \`${what}\` are never taken`,
    {
      pointer: `${pointer}/${what}`,
    },
  );
}

function checkDangling(
  graph: StateGraph,
  base: string,
  names: readonly string[],
  context: RuleContext,
): void {
  const seen = new Set<string>();
  for (const edge of graph.dangling) {
    const pointer = `${base}${edge.pointer}`;
    if (seen.has(pointer)) continue;
    seen.add(pointer);
    const close = nearest(edge.to, names);
    context.report("FG401", context.valueAt(pointer), `there is no state ${quote(edge.to)}`, {
      pointer,
      hint:
        close === undefined
          ? `The states are ${names.slice(0, 10).join(", ")}.`
          : `Did you mean \`${close}\`?`,
    });
  }
}

/** Deterministic circles have a code of their own. */
function isCircle(name: string, graph: StateGraph): boolean {
  const state = graph.workflow.states[name];
  return state !== undefined && isChainState(state);
}
