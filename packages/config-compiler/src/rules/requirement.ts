import type { Actor, GuardIr, WorkflowIr } from "@mcp-flowgate/core";
import { matchesGlob } from "./glob.ts";
import { asksPeople, reachable, type Edge, type StateGraph, targetsOf } from "./state-graph.ts";

/** What a policy asks for on every path. */
export type Requirement =
  | { readonly kind: "transition"; readonly transition: string; readonly actor?: Actor }
  | { readonly kind: "evidence"; readonly evidence: string }
  | { readonly kind: "guard"; readonly guard: GuardIr };

/** The graphs of every workflow, and which child workflows are known to satisfy a requirement. */
export interface Proof {
  readonly graphs: ReadonlyMap<string, StateGraph>;
  readonly requirement: Requirement;
}

/**
 * Whether a run that takes `edge` has satisfied the requirement by the time it arrives. Guards are judged before a step
 * begins, so they held however it ends. Everything else counts only for committed transitions: a timeout, a rejection or
 * an unknown outcome proves nothing. When in doubt the answer is no.
 */
export function satisfies(
  edge: Edge,
  graph: StateGraph,
  proof: Proof,
  open: ReadonlySet<string> = new Set(),
): boolean {
  const transition = graph.workflow.states[edge.from]?.transitions[edge.transition ?? ""];
  if (transition === undefined) return false;
  const { requirement } = proof;
  if (demandedBy(transition.guards, requirement)) return true;
  if (edge.kind !== "transition" && edge.kind !== "branch") return false;
  if (requirement.kind === "evidence") return transition.evidence.includes(requirement.evidence);
  if (requirement.kind === "guard") return false;
  if (
    matchesGlob(requirement.transition, edge.transition ?? "") &&
    isTakenBy(edge, graph.workflow, requirement.actor)
  )
    return true;
  const { executor, reliability } = transition;
  if (executor?.kind !== "workflow" || reliability.fallback !== undefined) return false;
  return childSatisfies(executor.definitionId, proof, open);
}

/** Whether the guards, all of which must pass, hold only where the requirement is met. */
function demandedBy(guards: readonly GuardIr[], requirement: Requirement): boolean {
  if (requirement.kind === "guard") return hasGuard(guards, requirement.guard);
  return (
    requirement.kind === "evidence" && guards.some((guard) => demandsEvidence(guard, requirement.evidence))
  );
}

/** Whether every run of a child that comes to its end satisfies the requirement inside. */
function childSatisfies(id: string, proof: Proof, open: ReadonlySet<string>): boolean {
  const graph = proof.graphs.get(id);
  if (graph === undefined || open.has(id) || graph.dangling.length > 0) return false;
  const inside = new Set(open).add(id);
  const reached = reachable([graph.workflow.initialState], (state) =>
    graph.outgoing(state).flatMap((edge) => (satisfies(edge, graph, proof, inside) ? [] : [edge.to])),
  );
  return [...reached].every((state) => graph.workflow.states[state]?.terminal !== true);
}

/**
 * A person takes a transition when it is a person's, or when a human executor gates it. Such an executor only notifies
 * where the target has transitions for people; a fallback would go round it.
 */
function isTakenBy(edge: Edge, workflow: WorkflowIr, actor: Actor | undefined): boolean {
  if (actor === undefined || edge.actor === actor) return true;
  const transition = workflow.states[edge.from]?.transitions[edge.transition ?? ""];
  if (actor !== "human" || transition?.executor?.kind !== "human") return false;
  if (transition.reliability.fallback?.executors.some(({ kind }) => kind !== "human") === true) return false;
  return !targetsOf(transition).some((target) => asksPeople(workflow, target));
}

/** Whether the guards, all of which must pass, include one that `wanted` describes. */
export function hasGuard(guards: readonly GuardIr[], wanted: GuardIr): boolean {
  return guards.some((guard) => includesGuard(guard, wanted));
}

function includesGuard(guard: GuardIr, wanted: GuardIr): boolean {
  if (guard.kind === "allOf" && wanted.kind !== "allOf") return hasGuard(guard.guards, wanted);
  if (guard.kind === "anyOf" && wanted.kind !== "anyOf") {
    return guard.guards.length > 0 && guard.guards.every((inner) => includesGuard(inner, wanted));
  }
  return fitsPattern(guard, wanted);
}

/** Equal, with globs in the texts of `wanted`. */
function fitsPattern(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === "string")
    return typeof value === "string" && (value === wanted || matchesGlob(wanted, value));
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && wanted.every((item) => value.some((one) => fitsPattern(one, item)));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof value !== "object" || value === null) return false;
    // How a guard is shown is nothing that it asks for.
    return Object.entries(wanted).every(
      ([key, item]) => key === "shown" || fitsPattern((value as { [key: string]: unknown })[key], item),
    );
  }
  return value === wanted;
}

function demandsEvidence(guard: GuardIr, kind: string): boolean {
  if (guard.kind === "evidence") return guard.requires.some((one) => one.kind === kind);
  if (guard.kind === "allOf") return guard.guards.some((inner) => demandsEvidence(inner, kind));
  return (
    guard.kind === "anyOf" &&
    guard.guards.length > 0 &&
    guard.guards.every((inner) => demandsEvidence(inner, kind))
  );
}
