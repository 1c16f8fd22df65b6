import {
  createRecord,
  type Approval,
  type Json,
  type JsonObject,
  type Operation,
  type OperationDecision,
  type Signal,
} from "@mcp-flowgate/core";
import { park, rest, stateOf } from "./advance.ts";
import { openChoice, subjectHash } from "./approval-queue.ts";
import { admit } from "./admit.ts";
import { auditStart, claim, effectOf, isInline, unresolvedCall } from "./claim.ts";
import { endFailed, route } from "./commit.ts";
import { scopeOf } from "./judge.ts";
import { resolveCall } from "./resolve-call.ts";
import { preempt } from "./preempt.ts";
import { currentStep, succeed } from "./settle.ts";
import { executorAt } from "./step.ts";
import type { Work } from "./work.ts";

/** What people decided, as an operation and its templates (`$.output`) see it. */
export function decisionOf(approval: Approval): OperationDecision {
  const counted = approval.decisions.filter(
    ({ decision }) => decision === (approval.status === "denied" ? "reject" : "approve"),
  );
  const last = counted.at(-1);
  return {
    approvers: counted.map(({ approver }) => approver.subject),
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    input: last?.input ?? {},
  };
}

/**
 * Takes up a gate that people settled. An approval is used once, for exactly what was seen (W12): its subject is
 * computed again from the rows as they are now, and its time of use must not have passed.
 */
export function consumeGate(work: Work, signal: Signal, approval: Approval): void {
  const { operation } = work;
  work.consume(signal.id);
  if (operation === undefined || operation.approvalId !== approval.id || operation.status !== "waiting")
    return;
  const decision = decisionOf(approval);
  const decided: Operation = { ...operation, decision };
  const step = currentStep(work, operation);
  const refused = approval.status === "approved" ? whyUnusable(work, operation, approval) : denial(approval);
  work.putApproval({
    ...approval,
    status: refused === undefined ? "consumed" : approval.status,
    revision: approval.revision + 1,
  });
  if (refused !== undefined) {
    endDenied(work, decided, refused);
    return;
  }
  const executor = step.executor?.kind === "human" ? step.executor.onApprove : undefined;
  const output = decisionJson(approval, decision);
  work.set({ status: "running", claim: work.env.claim });
  const running: Operation = { ...decided, status: "running", fence: work.instance.fence };
  if (executor === undefined) {
    succeed(work, running, step, { status: "succeeded", output, evidence: [] });
    return;
  }
  const call =
    operation.call?.kind === "human"
      ? resolveCall(
          work.env.programs,
          executor,
          scopeOf(work.instance, operation.actor, { arguments: operation.arguments, output }),
          step.declared,
        )
      : ({ ok: true, value: operation.call } as const);
  if (!call.ok || call.value === undefined) {
    const message = call.ok
      ? "the approved call is missing"
      : unresolvedCall(operation.transition, call.error).message;
    const error = { code: "EXECUTOR_FAILED", errorClass: "permanent" as const, message };
    endFailed(work, { ...running, status: "failed", error, finishedAt: work.env.now }, step);
    return;
  }
  const started: Operation = {
    ...running,
    call: call.value,
    attempt: 1,
    effect: effectOf(executor).effect,
    deadlineAt: work.env.now + work.env.limits.operationMs,
  };
  work.putOperation(started);
  auditStart(work, started);
  work.dispatch = {
    operation: started,
    work: { call: call.value, executor: executorAt(step, started) ?? executor },
    reliability: step.reliability,
    mode: isInline(executor) ? "inline" : "recorded",
  };
}

/**
 * Takes the transition that people chose, as the last of them, in place of whatever the instance waits for. The checks of a
 * submit hold for it too; where they do not any more, the choice is offered again.
 */
export function consumeChoice(work: Work, signal: Signal, approval: Approval, correlationId: string): void {
  work.consume(signal.id);
  const { instance } = work;
  const last = approval.decisions.at(-1);
  const stands = approval.state === instance.state && approval.version === instance.version;
  if (approval.status !== "approved" || last?.transition === undefined || !stands) return;
  const decision = decisionOf({
    ...approval,
    decisions: approval.decisions.filter(({ transition }) => transition === last.transition),
  });
  const admitted = admit(work, {
    transition: last.transition,
    arguments: last.input ?? {},
    principal: last.approver,
    correlationId,
    channel: "decision",
  });
  const preempts = admitted.ok && instance.status === "waiting";
  if (preempts) preempt(work, `people chose \`${last.transition}\` instead`);
  const begun = admitted.ok
    ? claim(work, { ...admitted.value, decision, approvalId: approval.id })
    : admitted;
  work.putApproval({
    ...approval,
    status: begun.ok ? "consumed" : "withdrawn",
    revision: approval.revision + 1,
  });
  if (begun.ok) return;
  if (preempts) work.set({ status: "idle" });
  const { code, message } = begun.error;
  work.audit(
    "transition.rejected",
    { transition: last.transition, code, message },
    { principal: last.approver, correlationId },
  );
  askAgain(work, approval);
}

/** Nobody decided in time. A gate ends as a denial does; a choice goes where its author says, or is asked again. */
export function expireApproval(work: Work, approval: Approval): void {
  const expired: Approval = {
    ...approval,
    status: "expired",
    revision: approval.revision + 1,
    settledAt: work.env.now,
  };
  work.putApproval(expired);
  work.audit("human.approval.expired", { approvalId: approval.id, queue: approval.queue });
  const { operation } = work;
  if (approval.kind === "gate") {
    if (operation?.approvalId === approval.id && operation.status === "waiting") {
      endDenied(work, operation, "nobody decided in time");
    }
    return;
  }
  askAgain(work, approval);
}

/** The decision as `$.output` of what it lets run, and as the result of a gate without an executor. */
export function decisionJson(approval: Approval, decision: OperationDecision): JsonObject {
  return createRecord<Json>([
    ["approvalId", approval.id],
    ["decision", approval.status === "denied" ? "reject" : "approve"],
    ["approvers", decision.approvers],
    ["reason", decision.reason ?? null],
    ["input", decision.input],
  ]);
}

function askAgain(work: Work, { rule, queue, title, message, form, ...times }: Approval): void {
  openChoice(work, stateOf(work), {
    ...rule,
    queue,
    title,
    ...(message === undefined ? {} : { message }),
    ...(form === undefined ? {} : { form }),
    expiresMs: times.expiresAt - times.requestedAt,
  });
}

function endDenied(work: Work, operation: Operation, because: string): void {
  const step = currentStep(work, operation);
  const error = { code: "GUARD_REJECTED", message: because };
  const onReject = step.executor?.kind === "human" ? step.executor.onReject : undefined;
  if (onReject !== undefined) {
    route(work, operation, onReject.target, error);
    return;
  }
  const ended: Operation = { ...operation, status: "not_executed", error, finishedAt: work.env.now };
  if (operation.slot === "submit") {
    work.endOperation(ended);
    rest(work);
    return;
  }
  work.endOperation(ended);
  park(work, `\`${operation.transition}\` was not approved: ${because}`, {
    slot: operation.slot,
    transition: operation.transition,
  });
}

function denial(approval: Approval): string {
  const last = approval.decisions.findLast(({ decision }) => decision === "reject");
  const who = last === undefined ? "people" : last.approver.subject;
  return `rejected by ${who}${last?.reason === undefined ? "" : `: ${last.reason}`}`;
}

function whyUnusable(work: Work, operation: Operation, approval: Approval): string | undefined {
  if (approval.useBefore !== undefined && work.env.now > approval.useBefore)
    return "the approval came too late to be used";
  const subject = {
    version: work.instance.version,
    transitions: [operation.transition],
    arguments: operation.arguments,
    call: operation.call,
  };
  return subjectHash(work, subject) === approval.subjectHash
    ? undefined
    : "what was approved is not what would run";
}
