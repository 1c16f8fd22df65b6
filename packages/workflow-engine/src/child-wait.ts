import type { Operation } from "@mcp-flowgate/core";
import type { Dispatch } from "./dispatch.ts";
import type { Work } from "./work.ts";

/** The operation waits for its child instance, for as long as its step gives it. */
export function awaitChild(work: Work, dispatch: Dispatch, childId: string): void {
  const { operation } = dispatch;
  const waiting: Operation = { ...operation, status: "waiting", childId };
  work.putOperation(waiting);
  work.set({ status: "waiting" });
  const call = dispatch.work?.call;
  if (call?.kind === "workflow" && call.timeoutMs !== undefined) {
    work.arm({
      id: childTimerId(operation),
      workflowId: operation.workflowId,
      kind: "child",
      dueAt: operation.startedAt + call.timeoutMs,
      armedVersion: operation.fromVersion,
      operationId: operation.id,
    });
  }
  work.audit("sub_workflow.started", { childId, transition: operation.transition }, { operation: waiting });
}

export function childTimerId(operation: Pick<Operation, "id">): string {
  return `${operation.id}:child`;
}
