import type { Operation } from "@mcp-flowgate/core";
import { withdrawAll } from "./approval-queue.ts";
import { AT_REST } from "./instance-row.ts";
import type { Work } from "./work.ts";

/** Whether the instance can be taken out of what it does: nothing is running, uncertain, or kept with its result. */
export function mayPreempt(work: Pick<Work, "instance">): boolean {
  const { status, operationId } = work.instance;
  return status === "idle" || status === "waiting" || (status === "parked" && operationId === undefined);
}

/** Ends what the instance is waiting for: people, a child, a next attempt. */
export function preempt(work: Work, because: string): void {
  const { operation, instance } = work;
  withdrawAll(work);
  if (operation === undefined || operation.id !== instance.operationId) return;
  const error = { code: "EXECUTOR_FAILED", message: because };
  work.endOperation({ ...operation, status: "cancelled", error, finishedAt: work.env.now });
  work.disarm(`${operation.id}:child`);
  work.set(AT_REST);
  if (operation.childId !== undefined) cancelChild(work, operation, because);
}

/** Tells a child that nobody waits for it any more. */
export function cancelChild(work: Work, operation: Operation, because: string): void {
  if (operation.childId === undefined) return;
  work.emit({
    id: work.env.ids.next("sig"),
    workflowId: operation.childId,
    kind: "cancel",
    payload: { reason: because, by: { ...operation.actor } },
    at: work.env.now,
  });
}
