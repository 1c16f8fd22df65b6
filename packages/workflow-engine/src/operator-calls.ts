import type { Operation, Principal, WorkflowInstance } from "@mcp-flowgate/core";
import { mayCancel, mayResolve } from "./access.ts";
import { unknownWorkflow, type Desk } from "./desk.ts";
import type { CancelRequest, ResolveRequest } from "./engine-requests.ts";
import { isKeptRef, wholeOf } from "./kept.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Snapshot } from "./snapshot.ts";

/** Asks for a cancellation by a signal, so that it reaches the instance wherever it runs. */
export async function cancelCall(desk: Desk, request: CancelRequest): Promise<Snapshot> {
  const { workflowId, principal, reason, correlationId } = request;
  const opened = await desk.visible(workflowId, principal);
  if (opened === undefined) return unknownWorkflow();
  const { instance } = opened.aggregate;
  const refused = whyNotCancel(instance, principal);
  if (refused !== undefined) return await desk.reject(opened, principal, refused, correlationId);
  const { store, ids } = desk.options;
  await store.apply({
    expect: {},
    signals: [
      {
        id: ids.next("sig"),
        workflowId,
        kind: "cancel",
        payload: { reason, by: { ...principal } },
        at: store.now(),
      },
    ],
    audit: [],
  });
  desk.driver.abort(workflowId, "cancelled");
  await desk.driver.takeSignals(workflowId);
  const after = await desk.driver.open(workflowId);
  return await desk.answerOf("get", after ?? opened, principal, []);
}

/** Takes what a person found out about an open outcome. */
export async function resolveCall(desk: Desk, request: ResolveRequest): Promise<Snapshot> {
  const { workflowId, principal, correlationId } = request;
  const opened = await desk.visible(workflowId, principal);
  if (opened === undefined) return unknownWorkflow();
  const refused = whyNotResolve(desk, opened.aggregate, request);
  if (refused !== undefined) return await desk.reject(opened, principal, refused, correlationId);
  const { operation } = opened.aggregate;
  const operationId = opened.aggregate.instance.operationId;
  // What was kept of its result may be beside the rows.
  const whole =
    request.outcome === "executed" && request.result === undefined && isKeptRef(operation?.result)
      ? await wholeOf(desk.options.store, workflowId, operation.result)
      : undefined;
  const resolution = whole === undefined ? request : { ...request, result: whole };
  const driven = await desk.driver.happen(workflowId, (work) =>
    work.instance.operationId === operationId && whyNotResolve(desk, work, request) === undefined
      ? { kind: "resolved", resolution }
      : undefined,
  );
  if (driven?.status === "rest") return await desk.answerOf("decide", driven.opened, principal, driven.ended);
  return await desk.reject(
    opened,
    principal,
    refusal("INVALID_TRANSITION", "it has been resolved already"),
    correlationId,
  );
}

function whyNotResolve(
  desk: Desk,
  {
    instance,
    operation,
  }: { readonly instance: WorkflowInstance; readonly operation?: Operation | undefined },
  request: ResolveRequest,
): Refusal | undefined {
  if (operation === undefined || operation.id !== instance.operationId) {
    return refusal("INVALID_TRANSITION", "no outcome of this workflow is open");
  }
  if (instance.status !== "outcome_unknown" && instance.status !== "parked") {
    return refusal("INVALID_TRANSITION", "no outcome of this workflow is open");
  }
  if (!mayResolve(instance, request.principal)) {
    return refusal("FORBIDDEN", "resolving an outcome needs the permission `workflow.resolve`");
  }
  if (request.reason.trim() === "") return refusal("INVALID_ARGUMENTS", "a reason is required");
  const { quarantineMs } = desk.options.store.lease();
  const safeAt = (operation.finishedAt ?? 0) + quarantineMs;
  if (
    request.outcome === "not_executed" &&
    operation.error?.code === "ORPHANED" &&
    desk.options.store.now() < safeAt
  ) {
    const message = `the lost process may still send it; \`not_executed\` can be said after ${new Date(safeAt).toISOString()}`;
    return refusal("TRANSITION_IN_PROGRESS", message);
  }
  return undefined;
}

function whyNotCancel(instance: WorkflowInstance, principal: Principal): Refusal | undefined {
  if (!mayCancel(instance, principal)) {
    return refusal(
      "FORBIDDEN",
      "only its owner, or who has the permission `workflow.cancel`, can cancel this workflow",
    );
  }
  if (instance.status === "terminal") return refusal("WORKFLOW_TERMINAL", "this workflow has ended");
  const uncertain =
    instance.status === "outcome_unknown" ||
    (instance.status === "parked" && instance.operationId !== undefined);
  if (!uncertain) return undefined;
  return refusal(
    "OUTCOME_UNKNOWN",
    "an operation's outcome is open; resolve it first, `abandon` cancels the workflow",
  );
}
