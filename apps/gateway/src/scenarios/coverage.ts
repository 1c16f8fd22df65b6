import { isJsonObject, type AuditDraft, type GatewayPlan, type WorkflowIr } from "@mcp-flowgate/core";
import { describeGuard } from "@mcp-flowgate/guards-expr";

/** What no scenario did with one workflow. */
export interface Uncovered {
  readonly workflow: string;
  /** No scenario started it; then the lists are empty. */
  readonly started: boolean;
  /** `state.transition`, and `state.onTimeout`. */
  readonly transitions: readonly string[];
  /** Guards that never kept anybody from anything: `state.transition: guard`. */
  readonly guards: readonly string[];
  /** `state.transition → target`. */
  readonly branches: readonly string[];
}

/** Collects what scenarios did, and says what none of them did. */
export interface Coverage {
  add(events: readonly AuditDraft[]): void;
  uncovered(): readonly Uncovered[];
}

export function createCoverage(plan: GatewayPlan): Coverage {
  const started = new Set<string>();
  const done = new Set<string>();
  return {
    add(events) {
      const states = new Map<string, string>();
      for (const { type, definitionId, workflowId, payload } of events) {
        if (definitionId === undefined) continue;
        const transition = textOf(payload["transition"]);
        if (type === "workflow.started") started.add(definitionId);
        if (type === "workflow.transitioned" || type === "chain.step") {
          const from = textOf(payload["fromState"]);
          const name = payload["slot"] === "timeout" ? "onTimeout" : transition;
          states.set(workflowId ?? "", from);
          done.add(`${definitionId}:${from}.${name}`);
        }
        // It follows the step that it is about.
        if (type === "transition.branched")
          done.add(
            `${definitionId}:${states.get(workflowId ?? "") ?? ""}.${transition}→${textOf(payload["branch"])}`,
          );
        if (type === "guard.rejected" || type === "rate.limited") {
          for (const detail of Array.isArray(payload["details"]) ? payload["details"] : [])
            if (isJsonObject(detail))
              done.add(
                `${definitionId}:${textOf(payload["state"])}.${transition}:${textOf(detail["guard"])}`,
              );
        }
      }
    },
    uncovered: () =>
      Object.values(plan.workflows).flatMap((workflow) => {
        const gaps = started.has(workflow.id)
          ? gapsOf(workflow, (what) => done.has(`${workflow.id}:${what}`))
          : { workflow: workflow.id, started: false, transitions: [], guards: [], branches: [] };
        const isWhole = gaps.transitions.length + gaps.guards.length + gaps.branches.length === 0;
        return gaps.started && isWhole ? [] : [gaps];
      }),
  };
}

function gapsOf(workflow: WorkflowIr, isDone: (what: string) => boolean): Uncovered {
  const transitions: string[] = [];
  const guards: string[] = [];
  const branches: string[] = [];
  for (const [state, { transitions: steps, onTimeout }] of Object.entries(workflow.states)) {
    if (onTimeout !== undefined && !isDone(`${state}.onTimeout`)) transitions.push(`${state}.onTimeout`);
    for (const [name, step] of Object.entries(steps)) {
      const what = `${state}.${name}`;
      if (!isDone(what)) transitions.push(what);
      for (const text of step.guards.map(describeGuard))
        if (!isDone(`${what}:${text}`)) guards.push(`${what}: ${text}`);
      for (const [index, { target }] of step.branches.entries())
        if (!isDone(`${what}→${index}`)) branches.push(`${what} → ${target}`);
    }
  }
  return { workflow: workflow.id, started: true, transitions, guards, branches };
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
