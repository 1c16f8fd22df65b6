import type { StateIr } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { quote } from "../source/config-node.ts";
import type { Rule, RuleContext } from "./rule.ts";
import { reachable, type StateGraph } from "./state-graph.ts";

/** Steps that the gateway takes by itself: circles, choices that are none, steps that wait. FG405, FG406, FG411. */
export const checkDeterministic: Rule = (context) => {
  for (const [id, graph] of context.graphs) {
    const base = `/workflows/${escapePointer(id)}/states`;
    for (const [name, state] of Object.entries(graph.workflow.states)) {
      const pointer = `${base}/${escapePointer(name)}/transitions`;
      if (isChainState(state)) checkChoice(state, pointer, context);
      else checkMixed(state, pointer, context);
    }
    checkCircles(graph, base, context);
  }
};

/** A state whose every transition is deterministic: the gateway goes on by itself. */
export function isChainState(state: StateIr): boolean {
  const transitions = Object.values(state.transitions);
  return (
    !state.terminal && transitions.length > 0 && transitions.every(({ actor }) => actor === "deterministic")
  );
}

function checkChoice(state: StateIr, pointer: string, context: RuleContext): void {
  const names = Object.keys(state.transitions);
  const always = names.find((name) => state.transitions[name]?.guards.length === 0);
  if (always === undefined) return;
  for (const name of names.slice(names.indexOf(always) + 1)) {
    const at = `${pointer}/${escapePointer(name)}`;
    context.report(
      "FG406",
      context.keyAt(at),
      `${quote(name)} is never taken: ${quote(always)} comes first and has no guard`,
      {
        pointer: at,
      },
    );
  }
}

function checkMixed(state: StateIr, pointer: string, context: RuleContext): void {
  for (const [name, transition] of Object.entries(state.transitions)) {
    if (transition.actor !== "deterministic") continue;
    const at = `${pointer}/${escapePointer(name)}`;
    context.report(
      "FG411",
      context.keyAt(at),
      `${quote(name)} is not taken by itself: the state also has transitions for callers`,
      {
        pointer: at,
        hint: "Put it into a state of its own.",
      },
    );
  }
}

/** Chain states from which no step, guard or branch leads to a state where the chain stops. */
function checkCircles(graph: StateGraph, base: string, context: RuleContext): void {
  const { states } = graph.workflow;
  const chain = new Set(Object.keys(states).filter((name) => isChainState(states[name] as StateIr)));
  const stops = Object.keys(states).filter((name) => !chain.has(name));
  const moves = (name: string): readonly string[] =>
    graph
      .incoming(name)
      .flatMap(({ from, kind }) =>
        (kind === "transition" || kind === "branch") && chain.has(from) ? [from] : [],
      );
  const leaving = reachable(stops, moves);
  const dangling = new Set(graph.dangling.map(({ from }) => from));
  const told = new Set<string>();
  for (const name of chain) {
    if (leaving.has(name) || dangling.has(name) || told.has(name)) continue;
    const path = circle(graph, name);
    for (const member of path) told.add(member);
    const pointer = `${base}/${escapePointer(name)}`;
    context.report(
      "FG405",
      context.keyAt(pointer),
      `from ${quote(name)} deterministic steps run in a circle: ${path.join(" → ")}`,
      {
        pointer,
      },
    );
  }
}

function circle(graph: StateGraph, start: string): readonly string[] {
  const path = [start];
  for (let state = start; path.length < 20;) {
    const next = graph.outgoing(state).find(({ kind }) => kind === "transition" || kind === "branch")?.to;
    if (next === undefined) return path;
    path.push(next);
    if (path.indexOf(next) < path.length - 1) return path;
    state = next;
  }
  return path;
}
