import type { JsonObject, Operation } from "@mcp-flowgate/core";
import { childTimerId } from "./child-wait.ts";
import { currentStep, fail, succeed } from "./settle.ts";
import type { Work } from "./work.ts";

/** The end of a child instance, as its parent's step sees it: the child's context is the step's output. */
export function endChild(work: Work, operation: Operation, payload: JsonObject): void {
  const step = currentStep(work, operation);
  const { childId, outcome, output } = payload;
  work.disarm(childTimerId(operation));
  work.set({ status: "running" });
  const told = { childId: childId ?? null, outcome: outcome ?? null };
  if (outcome === "success") {
    work.audit("sub_workflow.completed", told, { operation });
    const summary = `sub-workflow ${String(childId)}`;
    const evidence = [
      { kind: "sub_workflow", outcome: "success" as const, summary, payload: output ?? null },
    ];
    succeed(work, operation, step, { status: "succeeded", output: output ?? {}, evidence });
    return;
  }
  work.audit("sub_workflow.failed", told, { operation });
  const message = `sub-workflow ${String(childId)} ended as ${String(outcome)}`;
  const errorClass = outcome === "timed_out" ? "timeout" : "permanent";
  fail(work, operation, step, { status: "failed", effect: "failed", errorClass, message, detail: told });
}
