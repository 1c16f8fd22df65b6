import {
  getOwn,
  type ApprovalDraft,
  type ExecutorFailure,
  type ExecutorFollowing,
  type ExecutorOutcome,
  type JsonObject,
  type Operation,
  type OperationError,
} from "@mcp-flowgate/core";
import { park } from "./advance.ts";
import { dispatchAgain, fallBack, FOLLOWING, retry } from "./again.ts";
import { applyResult } from "./apply-result.ts";
import { openGate } from "./approval-queue.ts";
import { awaitChild } from "./child-wait.ts";
import { effectOf } from "./claim.ts";
import { becomeUnknown, commit, endFailed, summaryOf } from "./commit.ts";
import type { Dispatch } from "./dispatch.ts";
import { offersOf } from "./offers.ts";
import { becauseOf, beginProbing, isProbing, noteAnswer, probeOf, readAnswer } from "./probe.ts";
import { nextAttempt } from "./retry.ts";
import { executorAt, stay, stepOf, type Step } from "./step.ts";
import type { Work } from "./work.ts";

/** How an attempt ended: an executor's outcome, or a child instance that the step now waits for. */
export type Outcome = ExecutorOutcome | { readonly status: "child"; readonly childId: string };

/** How often a `reconcile` call is made, as long as its probe says that it did not take effect, where no `retry` says. */
const RECONCILED_ATTEMPTS = 3;

/** Applies the end of an attempt to the draft: the next rows, and what is to be performed next. */
export function settle(work: Work, dispatch: Dispatch, outcome: Outcome): void {
  const step = currentStep(work, dispatch.operation);
  work.dispatch = undefined;
  if (isProbing(dispatch.operation)) {
    reconcile(work, dispatch.operation, step, outcome);
    return;
  }
  switch (outcome.status) {
    case "succeeded":
      succeed(work, dispatch.operation, step, outcome);
      return;
    case "failed":
      fail(work, dispatch.operation, step, outcome);
      return;
    case "waiting":
      askPeople(work, dispatch, step, outcome.approval);
      return;
    case "following":
      follow(work, dispatch.operation, outcome);
      return;
    case "child":
      awaitChild(work, dispatch, outcome.childId);
      return;
    default:
      outcome satisfies never;
  }
}

/** A result for the operation: mapped, branched and committed; or, where that fails after an effect, parked with it. */
export function succeed(
  work: Work,
  operation: Operation,
  step: Step,
  outcome: Extract<ExecutorOutcome, { status: "succeeded" }>,
  notice?: ApprovalDraft,
): void {
  const applied = applyResult(work, operation, step, outcome);
  if (applied.ok) {
    for (const blob of applied.value.blobs) work.keep(blob);
    commit(work, operation, step, applied.value, notice);
    return;
  }
  const ended = { ...operation, finishedAt: work.env.now, error: applied.error.error };
  if (operation.effect === "read") {
    work.audit("executor.failed", { ...applied.error.error } as JsonObject, { operation });
    endFailed(work, { ...ended, status: "failed" }, step);
    return;
  }
  // The effect stands: the operation keeps its result and its place, so that nothing can run there again (W1).
  for (const blob of applied.error.blobs) work.keep(blob);
  const kept = { ...ended, status: "waiting" as const, result: applied.error.kept };
  work.putOperation(kept);
  work.audit("executor.succeeded", summaryOf(operation), { operation });
  park(work, `\`${operation.transition}\` took effect, but ${applied.error.error.message}`);
  work.set({ operationId: operation.id });
}

/** A failed attempt: again, by another executor, given up, or uncertain. */
export function fail(work: Work, operation: Operation, step: Step, failure: ExecutorFailure): void {
  const { env } = work;
  const error = toError(failure);
  work.audit("executor.failed", { ...summaryOf(operation), ...failureSummary(failure) }, { operation });
  const fallbacks = step.reliability.fallback?.executors ?? [];
  const { effect, effectDeclared } = effectOf(executorAt(step, operation));
  const next = nextAttempt({
    effect,
    effectDeclared,
    failure,
    ...(step.reliability.retry === undefined ? {} : { retry: step.reliability.retry }),
    attempt: Math.max(1, operation.attempt),
    fallbacksLeft: fallbacks.length - operation.candidate,
    now: env.now,
    deadlineAt: operation.deadlineAt,
    random: env.ids.random(),
  });
  switch (next.kind) {
    case "retry":
      retry(work, { ...operation, error }, step, next.delayMs);
      return;
    case "fallback": {
      const fallen = fallBack(work, operation, step, error);
      if (fallen !== undefined) fail(work, fallen.operation, step, fallen.failure);
      return;
    }
    case "unknown": {
      const probe = probeOf(step, operation);
      if (probe === undefined) becomeUnknown(work, operation, error, step);
      else beginProbing(work, operation, probe, error);
      return;
    }
    case "failed":
      endFailed(work, { ...operation, status: "failed", error, finishedAt: env.now }, step);
      return;
    default:
      next satisfies never;
  }
}

/** What the probe of a `reconcile` call found out: its result is the call's, or the call is made again (W5). */
function reconcile(work: Work, operation: Operation, step: Step, outcome: Outcome): void {
  const { error: _probing, ...asked } = operation;
  const probe = probeOf(step, operation);
  if (probe === undefined || outcome.status === "child") {
    becomeUnknown(work, operation, becauseOf(operation), step);
    return;
  }
  const answer = readAnswer(work, operation, probe, outcome);
  if (noteAnswer(work, operation, step, probe, answer) !== "settled") return;
  if (answer.answer === "executed") {
    const evidence = outcome.status === "succeeded" ? outcome.evidence : [];
    succeed(work, asked, step, { status: "succeeded", output: answer.output, evidence });
    return;
  }
  const again: Operation = { ...asked, deadlineAt: work.env.now + work.env.limits.operationMs };
  const attempts = step.reliability.retry?.maxAttempts ?? RECONCILED_ATTEMPTS;
  if (operation.attempt < attempts) {
    work.audit("executor.retrying", { ...summaryOf(again), delayMs: 0 }, { operation: again });
    dispatchAgain(work, { ...again, attempt: operation.attempt + 1 }, step);
    return;
  }
  const { message, errorClass = "timeout" } = becauseOf(operation);
  const told = `it did not take effect in ${operation.attempt} attempts: ${message}`;
  fail(work, again, step, { status: "failed", effect: "failed", errorClass, message: told });
}

/** The effect was begun elsewhere and goes on there: the operation waits, and asks again when it is due (W1). */
function follow(work: Work, operation: Operation, outcome: ExecutorFollowing): void {
  const { env } = work;
  const nextAttemptAt = env.now + outcome.checkAfterMs;
  const approvals = outcome.approvals.map((approval) => ({ ...approval }));
  work.putOperation({
    ...operation,
    call: outcome.call,
    status: "waiting",
    nextAttemptAt,
    deadlineAt: nextAttemptAt + env.limits.operationMs,
    error: { code: FOLLOWING, message: outcome.message, detail: { approvals } },
  });
  work.set({ status: "waiting" });
}

/** A human executor notifies where its target has human transitions of its own; otherwise it gates. */
function askPeople(work: Work, dispatch: Dispatch, step: Step, draft: ApprovalDraft): void {
  const { operation } = dispatch;
  const target = getOwn(work.definition.ir.states, step.target);
  if (target !== undefined && offersOf(target).human.length > 0) {
    const output = { notified: true, queue: draft.queue };
    succeed(work, operation, step, { status: "succeeded", output, evidence: [] }, draft);
    return;
  }
  const executor = dispatch.work?.executor;
  const onApprove = executor?.kind === "human" ? executor.onApprove : undefined;
  const call = dispatch.gated ?? operation.call;
  const gated: Operation = {
    ...operation,
    status: "waiting",
    effect: effectOf(onApprove).effect,
    ...(call === undefined ? {} : { call }),
  };
  const approval = openGate(work, gated, draft);
  work.putOperation({ ...gated, approvalId: approval.id });
  work.set({ status: "waiting" });
  work.audit(
    "approval.pending",
    { approvalId: approval.id, transition: operation.transition },
    { operation: gated },
  );
}

/** The step of a live operation. A definition that cannot have lost it is the reason why a lost one merely stays. */
export function currentStep(work: Work, operation: Operation): Step {
  const undoes = operation.slot === "compensate" ? work.instance.cancelling?.remaining[0] : undefined;
  const original = undoes === undefined ? undefined : work.facts.journal.find(({ id }) => id === undoes);
  return stepOf(work.definition, work.instance, operation, original) ?? stay(work.instance.state);
}

export function toError(failure: ExecutorFailure): OperationError {
  return {
    code: "EXECUTOR_FAILED",
    errorClass: failure.errorClass,
    message: failure.message,
    ...(failure.detail === undefined ? {} : { detail: failure.detail }),
  };
}

function failureSummary(failure: ExecutorFailure): JsonObject {
  const evidence = (failure.evidence ?? []).map(({ kind, outcome, summary }) => ({ kind, outcome, summary }));
  return {
    effect: failure.effect,
    errorClass: failure.errorClass,
    message: failure.message,
    ...(failure.detail === undefined ? {} : { detail: failure.detail }),
    ...(evidence.length === 0 ? {} : { evidence }),
  };
}
