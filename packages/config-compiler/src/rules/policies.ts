import type { ExecutorIr, GuardIr, JsonObject, SourcePlace } from "@mcp-flowgate/core";
import type { Cursor } from "../emit/cursor.ts";
import { emitGuard } from "../emit/guards.ts";
import { placeOf, quote } from "../source/config-node.ts";
import { executorsOf, type PlacedExecutor } from "./executors-of.ts";
import { matchesGlob } from "./glob.ts";
import { hasGuard, satisfies, type Proof, type Requirement } from "./requirement.ts";
import type { RuleContext } from "./rule.ts";
import {
  endlessStates,
  isLasting,
  reachable,
  type Edge,
  type Endless,
  type StateGraph,
} from "./state-graph.ts";

/** What was found out about one policy. */
export interface PolicyVerdict {
  readonly name: string;
  readonly holds: boolean;
  /** What was looked at: `2 workflows, 3 places`. */
  readonly checked: string;
  /** The shortest path that breaks it. */
  readonly counterExample?: string;
  readonly place: SourcePlace;
}

/**
 * Decides every policy over the state graphs: FG601 for one that fails, FG602 for one that is about nothing.
 *
 * A requirement holds at a state when no path from the initial state gets there once every edge that satisfies the
 * requirement is removed (a cut, which is what dominators decide for single nodes). Guards are taken to be able to
 * pass, so a path that is found may be impossible in practice, and a proof holds whatever the guards say.
 */
export function provePolicies(context: RuleContext): readonly PolicyVerdict[] {
  return context.root.itemsOf("policies").flatMap((cursor, index) => {
    const assertion = cursor.child("assert");
    return assertion === undefined ? [] : [prove(cursor, assertion, index, context)];
  });
}

interface Finding {
  /** Places that the assertion is about. */
  readonly places: number;
  readonly counterExample?: string;
}

/** The requirement is broken, which is reported for itself. */
const UNDECIDED: Finding = { places: 1 };

function prove(cursor: Cursor, assertion: Cursor, index: number, context: RuleContext): PolicyVerdict {
  const glob = cursor.text("workflow") ?? "*";
  const graphs = [...context.graphs].filter(
    ([id, graph]) => matchesGlob(glob, id) && graph.dangling.length === 0,
  );
  const finding = decide(assertion, graphs, glob, context);
  const name = cursor.text("name") ?? `policy ${index + 1}`;
  const counted = `${graphs.length} workflow${graphs.length === 1 ? "" : "s"}`;
  const verdict = {
    name,
    holds: finding !== UNDECIDED && finding.places > 0 && finding.counterExample === undefined,
    checked: `${counted}, ${finding.places} place${finding.places === 1 ? "" : "s"}`,
    place: placeOf(cursor.node),
  };
  if (finding.counterExample !== undefined) {
    context.report("FG601", assertion.node, `${quote(name)} does not hold: ${finding.counterExample}`, {
      pointer: assertion.pointer,
    });
    return { ...verdict, counterExample: finding.counterExample };
  }
  if (finding.places === 0 && context.graphs.size >= graphs.length && everyGraphIsSound(context)) {
    context.report(
      "FG602",
      assertion.node,
      `${quote(name)} is about nothing: no workflow of \`${glob}\` has what it names`,
      {
        pointer: assertion.pointer,
      },
    );
  }
  return verdict;
}

/** With dangling targets nothing is decided: they are reported for themselves. */
function everyGraphIsSound(context: RuleContext): boolean {
  return [...context.graphs.values()].every(({ dangling }) => dangling.length === 0);
}

type Graphs = readonly (readonly [string, StateGraph])[];

function decide(assertion: Cursor, graphs: Graphs, glob: string, context: RuleContext): Finding {
  const reaching = assertion.text("reaching");
  const transition = assertion.text("transition");
  const executor = assertion.child("executor");
  if (reaching !== undefined) {
    const requirement = readRequirement(assertion.child("requires"), context);
    return requirement === undefined ? UNDECIDED : decideReaching(reaching, requirement, graphs, context);
  }
  if (executor !== undefined) {
    const requirement = readRequirement(assertion.child("requires"), context);
    return requirement === undefined
      ? UNDECIDED
      : decideExecutor(executor, requirement, graphs, glob, context);
  }
  if (transition !== undefined) {
    const requirement = readRequirement(assertion.child("after"), context);
    return requirement === undefined ? UNDECIDED : decideTransition(transition, requirement, graphs, context);
  }
  return assertion.flag("terminates") === true ? decideTerminates(graphs) : { places: 0 };
}

function readRequirement(cursor: Cursor | undefined, { report }: RuleContext): Requirement | undefined {
  if (cursor === undefined) return undefined;
  const evidence = cursor.text("evidence");
  if (evidence !== undefined) return { kind: "evidence", evidence };
  const guard = cursor.child("guard");
  if (guard !== undefined) {
    const ir = emitGuard(guard, report);
    return ir === undefined ? undefined : { kind: "guard", guard: ir };
  }
  const actor = cursor.text("actor") as Edge["actor"] | undefined;
  const transition = cursor.text("transition") ?? "*";
  if (actor === undefined && /^\*+$/.test(transition)) {
    report("FG604", cursor.node, "every step meets this requirement, so the policy asks for nothing", {
      pointer: cursor.pointer,
      hint: "Name the transition, or who takes it.",
    });
    return undefined;
  }
  return { kind: "transition", transition, ...(actor === undefined ? {} : { actor }) };
}

function decideReaching(
  pattern: string,
  requirement: Requirement,
  graphs: Graphs,
  context: RuleContext,
): Finding {
  const proof: Proof = { graphs: context.graphs, requirement };
  let places = 0;
  for (const [id, graph] of graphs) {
    for (const state of Object.keys(graph.workflow.states)) {
      if (!matchesGlob(pattern, state)) continue;
      places += 1;
      const path = pathWithout(graph, proof, state);
      if (path !== undefined) return { places, counterExample: describePath(id, graph, path) };
    }
  }
  return { places };
}

function decideTransition(
  pattern: string,
  requirement: Requirement,
  graphs: Graphs,
  context: RuleContext,
): Finding {
  const proof: Proof = { graphs: context.graphs, requirement };
  let places = 0;
  for (const [id, graph] of graphs) {
    for (const [state, { transitions }] of Object.entries(graph.workflow.states)) {
      for (const [name, transition] of Object.entries(transitions)) {
        if (!matchesGlob(pattern, name)) continue;
        places += 1;
        if (isGuardedBy(transition.guards, requirement)) continue;
        const path = pathWithout(graph, proof, state);
        if (path !== undefined) {
          return { places, counterExample: `${describePath(id, graph, path)}, and there ${name} is taken` };
        }
      }
    }
  }
  return { places };
}

function decideExecutor(
  pattern: Cursor,
  requirement: Requirement,
  graphs: Graphs,
  glob: string,
  context: RuleContext,
): Finding {
  const proof: Proof = { graphs: context.graphs, requirement };
  let places = 0;
  for (const [id, graph] of graphs) {
    for (const placed of executorsOf(graph.workflow)) {
      if (!fitsExecutor(placed.executor, pattern)) continue;
      places += 1;
      const broken = brokenBy(placed, id, graph, proof);
      if (broken !== undefined) return { places, counterExample: broken };
    }
  }
  // A policy about some workflows says nothing about what is started by itself.
  if (glob !== "*") return { places };
  for (const [id, capability] of Object.entries(context.capabilities)) {
    const { executor, guards, reliability } = capability;
    const all = [executor, ...(reliability.fallback?.executors ?? [])];
    const approved =
      executor.kind === "human" && executor.onApprove !== undefined ? [executor.onApprove] : [];
    if (!isExposed(id, context) || ![...all, ...approved].some((one) => fitsExecutor(one, pattern))) continue;
    places += 1;
    if (!isGuardedBy(guards, requirement))
      return { places, counterExample: `the capability ${quote(id)} is started by itself` };
  }
  for (const entry of context.root.child("proxy")?.itemsOf("import") ?? []) {
    const connection = entry.text("connection");
    if (connection === undefined) continue;
    const tool = { kind: "mcp", connection, tool: "" } as const;
    if (!fitsExecutor({ ...tool, effect: "once", effectDeclared: false }, pattern, true)) continue;
    places += 1;
    const guards = entry.itemsOf("guards").flatMap((guard) => emitGuard(guard, context.report) ?? []);
    if (!isGuardedBy(guards, requirement))
      return { places, counterExample: `an imported tool of ${quote(connection)} is started by itself` };
  }
  return { places };
}

function isExposed(id: string, { root }: RuleContext): boolean {
  return (root.child("proxy")?.itemsOf("expose") ?? []).some(
    (entry) => (entry.text("as") ?? entry.text("capability") ?? entry.text("name")) === id,
  );
}

function brokenBy(placed: PlacedExecutor, id: string, graph: StateGraph, proof: Proof): string | undefined {
  const { state, transition, role, guards } = placed;
  const { requirement } = proof;
  const before = pathWithout(graph, proof, state);
  if (transition !== undefined) {
    if (isGuardedBy(guards, requirement)) return undefined;
    // What gates the step itself comes before its effect only when a person approves first.
    if (role === "approved" && requirement.kind === "transition") {
      const edge = graph
        .outgoing(state)
        .find((one) => one.transition === transition && one.kind === "transition");
      if (edge !== undefined && satisfies(edge, graph, proof)) return undefined;
    }
    const own = graph
      .outgoing(state)
      .find((one) => one.transition === transition && one.kind === "transition");
    const byPerson =
      requirement.kind === "transition" &&
      own !== undefined &&
      own.actor === "human" &&
      satisfies(own, graph, proof);
    if (byPerson || before === undefined) return undefined;
    return `${describePath(id, graph, before)}, and there ${transition} runs it`;
  }
  if (role === "timeout") {
    // The deadline of a workflow can pass in every state.
    const start = requirement.kind !== "guard" && before === undefined;
    return start && placed.pointer !== "/onTimeout/executor"
      ? undefined
      : `in ${quote(id)} a deadline runs it`;
  }
  return before === undefined ? undefined : `${describePath(id, graph, before)}, which runs it on entering`;
}

function fitsExecutor(executor: ExecutorIr, pattern: Cursor, anyTool = false): boolean {
  const fields = executor as unknown as JsonObject;
  return pattern.entries().every(({ name, value }) => {
    if (value === undefined) return true;
    if (name === "kind") return executor.kind === (value === "rest" ? "http" : value);
    if (name === "tool" && anyTool) return true;
    const field = fields[name];
    return typeof field === "string" && matchesGlob(value, field);
  });
}

function isGuardedBy(guards: readonly GuardIr[], requirement: Requirement): boolean {
  if (requirement.kind === "guard") return hasGuard(guards, requirement.guard);
  if (requirement.kind !== "evidence") return false;
  return hasGuard(guards, { kind: "evidence", requires: [{ kind: requirement.evidence } as never] });
}

function decideTerminates(graphs: Graphs): Finding {
  let places = 0;
  for (const [id, graph] of graphs) {
    const { states, initialState } = graph.workflow;
    const ends = Object.keys(states).filter((name) => states[name]?.terminal === true);
    const [endless] = endlessStates(graph, ends);
    if (endless !== undefined) {
      const path = pathTo(graph, endless);
      const counterExample = `${describePath(id, graph, path)}, from where no terminal state can be reached`;
      return { places: places + 1, counterExample };
    }
    places += reachable([initialState], (from) => graph.outgoing(from).map(({ to }) => to)).size;
  }
  return { places };
}

function pathTo(graph: StateGraph, { state, late }: Endless): readonly Edge[] {
  const { initialState } = graph.workflow;
  if (!late) return shortestPath(graph, state, isLasting) ?? [];
  const passes = graph.outgoing(initialState).filter((edge) => !isLasting(edge));
  return passes.flatMap((edge) => [edge, ...(shortestPath(graph, state, isLasting, edge.to) ?? [])]);
}

/** The shortest path to `state` on which nothing satisfies the requirement, or undefined: then it always holds there. */
function pathWithout(graph: StateGraph, proof: Proof, state: string): readonly Edge[] | undefined {
  return shortestPath(graph, state, (edge) => !satisfies(edge, graph, proof));
}

function shortestPath(
  graph: StateGraph,
  to: string,
  usable: (edge: Edge) => boolean,
  from: string = graph.workflow.initialState,
): readonly Edge[] | undefined {
  const via = new Map<string, Edge | undefined>([[from, undefined]]);
  const open = [from];
  for (let index = 0; index < open.length; index += 1) {
    const state = open[index] as string;
    if (state === to) {
      const path: Edge[] = [];
      for (let edge = via.get(state); edge !== undefined; edge = via.get(edge.from)) path.unshift(edge);
      return path;
    }
    for (const edge of graph.outgoing(state)) {
      if (via.has(edge.to) || !usable(edge)) continue;
      via.set(edge.to, edge);
      open.push(edge.to);
    }
  }
  return undefined;
}

function describePath(id: string, graph: StateGraph, path: readonly Edge[]): string {
  const steps = path.map((edge) => ` —${label(edge)}→ ${edge.to}`).join("");
  return `in ${quote(id)}: ${graph.workflow.initialState}${steps}`;
}

function label(edge: Edge): string {
  switch (edge.kind) {
    case "transition":
      return edge.transition ?? "";
    case "branch":
      return `${edge.transition ?? ""} (branch ${(edge.branch ?? 0) + 1})`;
    case "reject":
      return `${edge.transition ?? ""} rejected`;
    case "unknown":
      return `${edge.transition ?? ""} of unknown outcome`;
    case "timeout":
      return "state's deadline";
    case "workflowTimeout":
      return "workflow's deadline";
    case "enterFailure":
      return "onEnter failed";
    default:
      return edge.kind satisfies never;
  }
}
