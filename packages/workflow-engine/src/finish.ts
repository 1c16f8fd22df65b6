import type { WorkflowInstance } from "@mcp-flowgate/core";
import { withdrawAll } from "./approval-queue.ts";
import { AT_REST } from "./instance-row.ts";
import type { Work } from "./work.ts";

/** Ends the instance for good (W18): no timer, queue, claim or debt is left, and the parent is told. */
export function finish(work: Work, outcome: NonNullable<WorkflowInstance["outcome"]>): void {
  const { env, definition, instance } = work;
  withdrawAll(work);
  for (const timer of work.timers()) work.disarm(timer.id);
  for (const signal of work.signals()) work.consume(signal.id);
  work.set({
    ...AT_REST,
    recovery: undefined,
    cancelling: undefined,
    parkedReason: undefined,
    status: "terminal",
    outcome,
    terminalAt: env.now,
    chainDepth: 0,
    ...(definition.ir.retentionMs === undefined ? {} : { purgeAfter: env.now + definition.ir.retentionMs }),
  });
  if (instance.parent !== undefined) {
    work.emit({
      id: env.ids.next("sig"),
      workflowId: instance.parent.workflowId,
      kind: "child_finished",
      payload: {
        operationId: instance.parent.operationId,
        childId: instance.id,
        state: instance.state,
        outcome,
        output: work.instance.context,
      },
      at: env.now,
    });
  }
  const type =
    outcome === "cancelled"
      ? "workflow.cancelled"
      : outcome === "failure"
        ? "workflow.failed"
        : "workflow.completed";
  work.audit(type, { state: instance.state, version: instance.version, outcome }, lastStep(work));
}

function lastStep(work: Work): { readonly operation?: NonNullable<Work["operation"]> } {
  return work.operation === undefined ? {} : { operation: work.operation };
}
