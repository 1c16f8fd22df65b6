import type { ExecutorFailure, Operation, OperationError } from "@mcp-flowgate/core";
import { auditStart, effectOf, isInline, unresolvedCall } from "./claim.ts";
import { endFailed, summaryOf } from "./commit.ts";
import type { Dispatch } from "./dispatch.ts";
import { scopeOf } from "./judge.ts";
import { dispatchProbe, isProbing } from "./probe.ts";
import { resolveCall } from "./resolve-call.ts";
import { executorAt, type Step } from "./step.ts";
import type { Work, Writable } from "./work.ts";

/** The code of an operation that waits for what it began elsewhere. */
export const FOLLOWING = "FOLLOWING";

/** A wait up to this long is held by the process; a longer one is a row that any replica can take up. */
const HELD_WAIT_MS = 1000;

/** Begins the next attempt of an operation that waited for it, or whose claimant is gone. */
export function resume(work: Work, operation: Operation, step: Step): void {
  if (isProbing(operation)) {
    dispatchProbe(work, operation, step);
    return;
  }
  const { error: last, ...rest } = operation;
  // Asking what became of an effect is no attempt of it.
  const isAttempt = last?.code !== FOLLOWING;
  dispatchAgain(work, { ...rest, attempt: operation.attempt + 1 }, step, undefined, isAttempt);
}

/** Claims an operation of which nothing was sent: the attempt is still the same, and is on record. */
export function claimAnew(work: Work, operation: Operation, step: Step): void {
  if (isProbing(operation)) dispatchProbe(work, operation, step);
  else dispatchAgain(work, operation, step, undefined, false);
}

/** Begins the next attempt of one that failed: at once, after a wait that is held, or as a row that is due then. */
export function retry(work: Work, failed: Operation, step: Step, delayMs: number): void {
  const { childId: _ended, ...operation } = failed;
  const payload = { ...summaryOf(operation), delayMs };
  work.audit("executor.retrying", payload, { operation });
  if (delayMs > HELD_WAIT_MS) {
    work.putOperation({ ...operation, status: "waiting", nextAttemptAt: work.env.now + delayMs });
    work.set({ status: "waiting" });
    return;
  }
  const { error: _last, ...rest } = operation;
  dispatchAgain(work, { ...rest, attempt: operation.attempt + 1 }, step, delayMs);
}

/** Claims the operation anew, whatever it waited for before: recovery has to find it if this process ends (W19). */
export function dispatchAgain(
  work: Work,
  before: Operation,
  step: Step,
  delayMs?: number,
  isAttempt = true,
): void {
  const { childId: _ended, nextAttemptAt: _due, ...rest } = before;
  work.set({ status: "running", operationId: before.id, claim: work.env.claim });
  const operation: Operation = { ...rest, status: "running", fence: work.instance.fence };
  const executor = executorAt(step, operation);
  work.putOperation(operation);
  if (isAttempt) auditStart(work, operation);
  const mode = executor === undefined ? "immediate" : isInline(executor) ? "inline" : "recorded";
  const dispatch: Writable<Dispatch> = { operation, reliability: step.reliability, mode };
  if (executor !== undefined && operation.call !== undefined)
    dispatch.work = { call: operation.call, executor };
  if (delayMs !== undefined) dispatch.delayMs = delayMs;
  work.dispatch = dispatch;
}

/**
 * Goes on with the next fallback executor.
 *
 * @returns the operation and how it failed, where that one's call has no value for a template.
 */
export function fallBack(
  work: Work,
  operation: Operation,
  step: Step,
  error: OperationError,
): { readonly operation: Operation; readonly failure: ExecutorFailure } | undefined {
  const candidate = operation.candidate + 1;
  const executor = executorAt(step, { candidate });
  const scope = scopeOf(work.instance, operation.actor, { arguments: operation.arguments });
  const call =
    executor === undefined ? undefined : resolveCall(work.env.programs, executor, scope, step.declared);
  if (executor === undefined || call === undefined) {
    endFailed(work, { ...operation, status: "failed", error, finishedAt: work.env.now }, step);
    return undefined;
  }
  const chosen: Operation = { ...operation, candidate, attempt: 1, effect: effectOf(executor).effect };
  if (!call.ok) {
    const { message } = unresolvedCall(operation.transition, call.error);
    return {
      operation: chosen,
      failure: { status: "failed", effect: "not_sent", errorClass: "permanent", message },
    };
  }
  const payload = { ...summaryOf(chosen), because: error.message };
  work.audit("fallback.selected", payload, { operation: chosen });
  dispatchAgain(work, { ...chosen, call: call.value }, step);
  return undefined;
}
