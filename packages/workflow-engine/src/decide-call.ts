import type { Approval, AuditDraft, WorkflowInstance } from "@mcp-flowgate/core";
import { maySee } from "./access.ts";
import { rejection } from "./answer.ts";
import { decide, whyMayNotDecide } from "./decide.ts";
import { MAX_CALL_RACES, type Desk } from "./desk.ts";
import type { Opened } from "./library.ts";
import type { DecideRequest } from "./engine-requests.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { refusedWithout, type Snapshot } from "./snapshot.ts";
import { whoOf } from "./work.ts";

/** Records a person's decision, and goes on with what it settles. */
export async function decideCall(desk: Desk, request: DecideRequest): Promise<Snapshot> {
  for (let race = 0; race < MAX_CALL_RACES; race += 1) {
    const answered = await tryDecide(desk, request);
    if (answered !== undefined) return answered;
  }
  return refusedWithout(refusal("TRANSITION_IN_PROGRESS", "too many decisions at once; look again"));
}

async function tryDecide(desk: Desk, request: DecideRequest): Promise<Snapshot | undefined> {
  const { approvalId, principal } = request;
  const { store, ids } = desk.options;
  const approval = await store.approval(approvalId);
  if (approval === undefined || approval.tenant !== principal.tenant) {
    return refusedWithout(refusal("UNKNOWN_ID", `there is no approval ${approvalId}`));
  }
  const opened = await desk.driver.open(approval.workflowId);
  if (opened === undefined)
    return refusedWithout(refusal("UNKNOWN_ID", `there is no approval ${approvalId}`));
  const work = await desk.driver.work(opened, principal);
  const decided = decide(work, approval, request);
  if (!decided.ok) return await refuseDecision(desk, opened, approval, request, decided.error);
  const next = decided.value;
  const pending = next.status === "pending";
  const at = store.now();
  const { workflowId } = approval;
  const applied = await store.apply({
    expect: { approvals: [{ id: approvalId, revision: approval.revision }] },
    approvals: [next],
    ...(pending
      ? {}
      : {
          cancelTimers: [`${approvalId}:expiry`],
          signals: [
            {
              id: ids.next("sig"),
              workflowId,
              kind: "approval_settled" as const,
              payload: { approvalId },
              at,
            },
          ],
        }),
    audit: [decisionEvent(next, opened.aggregate.instance, request, at)],
  });
  if (applied.status !== "applied") return undefined;
  const driven = pending ? undefined : await desk.driver.takeSignals(workflowId);
  const after = driven?.status === "rest" ? driven.opened : ((await desk.driver.open(workflowId)) ?? opened);
  return await desk.answerOf("decide", after, principal, driven?.status === "rest" ? driven.ended : []);
}

async function refuseDecision(
  desk: Desk,
  opened: Opened,
  approval: Approval,
  request: DecideRequest,
  error: Refusal,
): Promise<Snapshot> {
  const { principal, correlationId } = request;
  const { instance } = opened.aggregate;
  await desk.options.store.record([
    desk.rejectionEvent(instance, principal, error, correlationId, { approvalId: approval.id }),
  ]);
  if (
    whyMayNotDecide(approval, principal) !== undefined &&
    !maySee(instance, opened.definition.ir, principal)
  ) {
    return refusedWithout(error);
  }
  return rejection(await desk.driver.view(opened, principal), principal, error);
}

function decisionEvent(
  approval: Approval,
  instance: WorkflowInstance,
  request: DecideRequest,
  at: number,
): AuditDraft {
  const last = approval.decisions.at(-1);
  return {
    type: "human.approval.resolved",
    at,
    workflowId: instance.id,
    definitionId: instance.definitionId,
    definitionHash: instance.definitionHash,
    ...(approval.operationId === undefined ? {} : { operationId: approval.operationId }),
    correlationId: request.correlationId,
    principal: whoOf(request.principal),
    payload: {
      approvalId: approval.id,
      queue: approval.queue,
      decision: last?.decision ?? request.decision,
      transition: last?.transition ?? approval.transitions[0] ?? null,
      reason: request.reason ?? null,
      status: approval.status,
      subjectHash: approval.subjectHash,
      decisions: approval.decisions.length,
      quorum: approval.rule.quorum,
    },
  };
}
