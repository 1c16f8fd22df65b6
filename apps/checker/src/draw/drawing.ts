import type { WorkflowIr } from "@mcp-flowgate/core";
import { createStateGraph, type Edge } from "@mcp-flowgate/config-compiler";

/** What kind of state a node is, for its look. The first that fits: the end, where people decide, what runs by itself. */
export type NodeKind = "success" | "failure" | "human" | "deterministic" | "agent" | "any";

export interface DrawnNode {
  /** `s0`, `s1`, …: safe in every format. */
  readonly id: string;
  readonly name: string;
  readonly kind: NodeKind;
  readonly initial: boolean;
}

/** How an edge is drawn: moves are solid, what happens by itself when something goes wrong or late is dashed. */
export type EdgeLook = "agent" | "human" | "deterministic" | "timeout" | "failure";

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly look: EdgeLook;
  readonly labels: readonly string[];
}

/** A workflow as nodes and edges, before any format. */
export interface Drawing {
  readonly title: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

export function createDrawing(workflow: WorkflowIr): Drawing {
  const names = Object.keys(workflow.states);
  const ids = new Map(names.map((name, index) => [name, `s${index}`]));
  const nodes: DrawnNode[] = names.map((name) => ({
    id: ids.get(name) ?? "",
    name,
    kind: kindOf(workflow, name),
    initial: name === workflow.initialState,
  }));
  const edges = new Map<string, { from: string; to: string; look: EdgeLook; labels: string[] }>();
  const add = (from: string, to: string, look: EdgeLook, label: string): void => {
    const key = `${from} ${to} ${look}`;
    const known = edges.get(key);
    if (known === undefined) edges.set(key, { from, to, look, labels: [label] });
    else if (!known.labels.includes(label)) known.labels.push(label);
  };
  for (const edge of createStateGraph(workflow).edges) {
    // The workflow's deadline can pass in every state: one edge says so, not one for each.
    if (edge.kind === "workflowTimeout") continue;
    add(ids.get(edge.from) ?? "", ids.get(edge.to) ?? "", lookOf(edge), labelOf(edge, workflow));
  }
  const late = workflow.onTimeout === undefined ? undefined : ids.get(workflow.onTimeout.target);
  if (late !== undefined) {
    nodes.push({ id: "any", name: "any state", kind: "any", initial: false });
    add("any", late, "timeout", `after ${describeSpan(workflow.timeoutMs ?? 0)}`);
  }
  return { title: workflow.title ?? workflow.id, nodes, edges: [...edges.values()] };
}

/** `1500` as `1.5s`, `86400000` as `1d`. */
export function describeSpan(milliseconds: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ] as const;
  for (const [unit, size] of units) {
    if (milliseconds >= size) return `${Number((milliseconds / size).toFixed(2))}${unit}`;
  }
  return `${milliseconds}ms`;
}

function kindOf(workflow: WorkflowIr, name: string): NodeKind {
  const state = workflow.states[name];
  if (state === undefined) return "agent";
  if (state.terminal) return state.outcome;
  const transitions = Object.values(state.transitions);
  if (transitions.some(({ actor }) => actor === "human")) return "human";
  return transitions.length > 0 && transitions.every(({ actor }) => actor === "deterministic")
    ? "deterministic"
    : "agent";
}

function lookOf(edge: Edge): EdgeLook {
  if (edge.kind === "timeout" || edge.kind === "workflowTimeout") return "timeout";
  if (edge.kind === "enterFailure" || edge.kind === "unknown") return "failure";
  return edge.actor === "human" || edge.actor === "deterministic" ? edge.actor : "agent";
}

function labelOf(edge: Edge, workflow: WorkflowIr): string {
  const name = edge.transition ?? "";
  switch (edge.kind) {
    case "transition": {
      const guarded = (workflow.states[edge.from]?.transitions[name]?.guards.length ?? 0) > 0;
      return guarded ? `${name} [guarded]` : name;
    }
    case "branch":
      return `${name} [branch ${(edge.branch ?? 0) + 1}]`;
    case "reject":
      return `${name} rejected`;
    case "unknown":
      return `${name} unknown`;
    case "timeout":
      return `after ${describeSpan(workflow.states[edge.from]?.timeoutMs ?? 0)}`;
    case "workflowTimeout":
      return "";
    case "enterFailure":
      return "onEnter failed";
    default:
      return edge.kind satisfies never;
  }
}
