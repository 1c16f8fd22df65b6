import type { Actor, StateIr, TransitionIr, WorkflowIr } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";

/** Why an instance can move from one state to another. */
export type EdgeKind =
  | "transition"
  | "branch"
  | "reject"
  | "unknown"
  | "timeout"
  | "workflowTimeout"
  | "enterFailure";

/** One way from a state to another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** The transition's name, for those kinds that belong to one. */
  readonly transition?: string;
  readonly branch?: number;
  readonly actor: Actor;
  /** JSON pointer of the target, below the workflow. */
  readonly pointer: string;
}

/** The states of a workflow and every way between them. Edges to states that do not exist are kept apart. */
export interface StateGraph {
  readonly workflow: WorkflowIr;
  readonly edges: readonly Edge[];
  readonly dangling: readonly Edge[];
  outgoing(state: string): readonly Edge[];
  incoming(state: string): readonly Edge[];
}

export function createStateGraph(workflow: WorkflowIr): StateGraph {
  const edges: Edge[] = [];
  const dangling: Edge[] = [];
  const out = new Map<string, Edge[]>();
  const into = new Map<string, Edge[]>();
  for (const edge of edgesOf(workflow)) {
    if (!Object.hasOwn(workflow.states, edge.to)) {
      dangling.push(edge);
      continue;
    }
    edges.push(edge);
    push(out, edge.from, edge);
    push(into, edge.to, edge);
  }
  return {
    workflow,
    edges,
    dangling,
    outgoing: (state) => out.get(state) ?? [],
    incoming: (state) => into.get(state) ?? [],
  };
}

/** The states that can be reached from `start` over `next`. */
export function reachable(
  start: Iterable<string>,
  next: (state: string) => Iterable<string>,
): ReadonlySet<string> {
  const seen = new Set<string>(start);
  const open = [...seen];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const to of next(state)) {
      if (seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return seen;
}

/** A state that can be come to and from which no end can be reached. */
export interface Endless {
  readonly state: string;
  /** Only once the workflow's deadline has passed: it passes once, so it is no way out for who comes back afterwards. */
  readonly late: boolean;
}

export function endlessStates(graph: StateGraph, ends: Iterable<string>): readonly Endless[] {
  const { initialState, onTimeout, states } = graph.workflow;
  const finishing = reachable(ends, (state) =>
    graph
      .incoming(state)
      .filter(isLasting)
      .map(({ from }) => from),
  );
  const reached = (from: string): readonly string[] => [
    ...reachable([from], (state) =>
      graph
        .outgoing(state)
        .filter(isLasting)
        .map(({ to }) => to),
    ),
  ];
  const endless = (from: string): readonly string[] => reached(from).filter((state) => !finishing.has(state));
  const late = onTimeout?.target;
  const isLate = late !== undefined && Object.hasOwn(states, late) && states[initialState]?.terminal !== true;
  return [
    ...(isLate && finishing.has(late) ? [] : endless(initialState)).map((state) => ({ state, late: false })),
    ...(isLate ? endless(late) : []).map((state) => ({ state, late: true })),
  ];
}

/** Whether a way is there however late it is. */
export const isLasting = ({ kind }: Edge): boolean => kind !== "workflowTimeout";

function* edgesOf(workflow: WorkflowIr): Generator<Edge> {
  for (const [name, state] of Object.entries(workflow.states)) {
    if (state.terminal) continue;
    yield* stateEdges(workflow, name, state);
  }
}

function* stateEdges(workflow: WorkflowIr, from: string, state: StateIr): Generator<Edge> {
  const base = `/states/${escapePointer(from)}`;
  if (state.onEnter?.onFailure !== undefined) {
    const to = state.onEnter.onFailure.target;
    yield { from, to, kind: "enterFailure", actor: "system", pointer: `${base}/onEnter/onFailure/target` };
  }
  for (const [name, transition] of Object.entries(state.transitions)) {
    yield* transitionEdges(workflow, from, name, transition, `${base}/transitions/${escapePointer(name)}`);
  }
  if (state.onTimeout !== undefined) {
    yield {
      from,
      to: state.onTimeout.target,
      kind: "timeout",
      actor: "system",
      pointer: `${base}/onTimeout/target`,
    };
  }
  if (workflow.onTimeout !== undefined) {
    yield {
      from,
      to: workflow.onTimeout.target,
      kind: "workflowTimeout",
      actor: "system",
      pointer: "/onTimeout/target",
    };
  }
}

function* transitionEdges(
  workflow: WorkflowIr,
  from: string,
  name: string,
  transition: TransitionIr,
  base: string,
): Generator<Edge> {
  const { actor } = transition;
  for (const [index, branch] of transition.branches.entries()) {
    const pointer = `${base}/branches/${index}/target`;
    yield { from, to: branch.target, kind: "branch", transition: name, branch: index, actor, pointer };
  }
  yield {
    from,
    to: transition.target,
    kind: "transition",
    transition: name,
    actor,
    pointer: `${base}/target`,
  };
  const reject = rejectTarget(workflow, transition);
  if (reject !== undefined) {
    yield {
      from,
      to: reject,
      kind: "reject",
      transition: name,
      actor: "human",
      pointer: `${base}/executor/onReject/target`,
    };
  }
  if (transition.onUnknown !== undefined) {
    const to = transition.onUnknown.target;
    yield {
      from,
      to,
      kind: "unknown",
      transition: name,
      actor: "system",
      pointer: `${base}/onUnknown/target`,
    };
  }
}

/** What only asks the people of the state that it leads to is not rejected itself; a target that is not there is reported. */
function rejectTarget(workflow: WorkflowIr, transition: TransitionIr): string | undefined {
  const { executor } = transition;
  const target = executor?.kind === "human" ? executor.onReject?.target : undefined;
  if (target === undefined || !Object.hasOwn(workflow.states, target)) return target;
  return targetsOf(transition).every((state) => asksPeople(workflow, state)) ? undefined : target;
}

/** Where a transition leads when it succeeds. */
export function targetsOf({ target, branches }: TransitionIr): readonly string[] {
  return [target, ...branches.map((branch) => branch.target)];
}

/** Whether a state has transitions that people take: a human executor that leads there notifies, any other gates. */
export function asksPeople(workflow: WorkflowIr, state: string): boolean {
  return Object.values(workflow.states[state]?.transitions ?? {}).some(({ actor }) => actor === "human");
}

function push(map: Map<string, Edge[]>, key: string, edge: Edge): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [edge]);
  else list.push(edge);
}
