import {
  getOwn,
  isJsonObject,
  type ErrorClass,
  type ExecutorOutcome,
  type Json,
  type Operation,
  type OperationError,
  type ProbeIr,
} from "@mcp-flowgate/core";
import { becomeUnknown, summaryOf } from "./commit.ts";
import { guardScopeOf, scopeOf } from "./judge.ts";
import { resolveCall } from "./resolve-call.ts";
import { executorAt, type Step } from "./step.ts";
import type { Work } from "./work.ts";

/**
 * What becomes of a `reconcile` call whose outcome is uncertain. The operation keeps its call and its key, and waits
 * with the error {@link PROBING} until its probe is due; any process asks it. The instance counts as running all the
 * while: neither a deadline nor a cancellation cuts across what may have taken effect.
 */
export const PROBING = "PROBING";

/** What a probe says of a call. `output`: of a call that took effect. */
export type ProbeAnswer =
  | { readonly answer: "executed"; readonly output: Json }
  | { readonly answer: "not_executed" }
  | { readonly answer: "unknown"; readonly message: string };

/** What is noted of an operation that is probed. */
interface Probing {
  /** How often the probe was asked. */
  readonly probes: number;
  readonly because: OperationError;
  /** Until then a lost process may still send it, so that a `not_executed` that was asked for before is not the last word. */
  readonly notBefore: number;
  /** When the probe was asked last. Its answer may come much later, and says nothing of the time between. */
  readonly askedAt: number;
}

const LONGEST_WAIT_MS = 60_000;

/** Whether the operation's outcome is being asked for. */
export function isProbing(operation: Operation): boolean {
  return operation.error?.code === PROBING;
}

export function probeOf(step: Step, operation: Operation): ProbeIr | undefined {
  const executor = executorAt(step, operation);
  return executor?.effect === "reconcile" ? executor.probe : undefined;
}

/** Lets the probe find out about an operation, once it is due. */
export function beginProbing(
  work: Work,
  operation: Operation,
  probe: ProbeIr,
  because: OperationError,
  notBefore = 0,
): void {
  wait(work, operation, { probes: 0, because, notBefore, askedAt: 0 }, work.env.now + probe.delayMs);
}

/** Asks the probe: claims the operation anew, with the probe's call in the place of its own. */
export function dispatchProbe(work: Work, operation: Operation, step: Step): void {
  const probe = probeOf(step, operation);
  if (probe === undefined) {
    becomeUnknown(work, operation, becauseOf(operation), step);
    return;
  }
  const { idempotencyKey } = operation;
  const scope = scopeOf(work.instance, operation.actor, {
    arguments: { ...operation.arguments, idempotencyKey },
  });
  const declared = new Set([...step.declared, "idempotencyKey"]);
  const call = resolveCall(work.env.programs, probe.executor, scope, declared);
  const { nextAttemptAt: _due, ...rest } = operation;
  work.set({ status: "running", operationId: operation.id, claim: work.env.claim });
  const asking: Operation = {
    ...rest,
    error: toError({ ...probingOf(operation), askedAt: work.env.now }),
    status: "running",
    fence: work.instance.fence,
    deadlineAt: work.env.now + work.env.limits.operationMs,
  };
  if (!call.ok) {
    const message = `the probe cannot be called: ${call.error[0]?.message ?? "a value is missing"}`;
    giveUp(work, asking, step, message);
    return;
  }
  work.putOperation(asking);
  work.dispatch = {
    operation: asking,
    work: { call: call.value, executor: probe.executor },
    reliability: {},
    mode: "recorded",
  };
}

/** What the probe's outcome says. A definite failure is judged by its detail, `{ status: 404 }` for one. */
export function readAnswer(
  work: Work,
  operation: Operation,
  probe: ProbeIr,
  outcome: ExecutorOutcome,
): ProbeAnswer {
  const failed = outcome.status === "failed" ? outcome : undefined;
  const definite = failed?.effect === "failed";
  const output =
    outcome.status === "succeeded" ? outcome.output : definite ? (failed.detail ?? null) : undefined;
  if (output === undefined)
    return { answer: "unknown", message: failed?.message ?? "the probe gave no answer" };
  const { executed, notExecuted } = probe;
  if (executed !== undefined || notExecuted !== undefined) {
    const { instance, evidence, facts, env } = work;
    const scope = scopeOf(instance, operation.actor, {
      arguments: { ...operation.arguments, idempotencyKey: operation.idempotencyKey },
      output,
    });
    const guardScope = guardScopeOf({ instance, evidence, facts, env }, scope);
    const holds = (guard: ProbeIr["executed"]): boolean =>
      guard !== undefined && env.programs.judge(guard, guardScope).verdict === "pass";
    const [yes, no] = [holds(executed), holds(notExecuted)];
    if (yes && !no && failed === undefined) return { answer: "executed", output };
    if (no && !yes) return { answer: "not_executed" };
    return { answer: "unknown", message: failed?.message ?? "the probe's answer does not tell" };
  }
  if (failed !== undefined) return { answer: "unknown", message: failed.message };
  const said = isJsonObject(output) ? getOwn(output, "outcome") : undefined;
  if (said === "executed" && isJsonObject(output))
    return { answer: said, output: getOwn(output, "result") ?? output };
  if (said === "not_executed") return { answer: said };
  return { answer: "unknown", message: "the probe's answer does not tell" };
}

/**
 * Notes an answer. `again`: it is not the last word, and the probe is asked once more later. `unknown`: it could not be
 * found out, and a person has to.
 */
export function noteAnswer(
  work: Work,
  operation: Operation,
  step: Step,
  probe: ProbeIr,
  answer: ProbeAnswer,
): "settled" | "again" | "unknown" {
  const { env } = work;
  const before = probingOf(operation);
  const probes = before.probes + 1;
  const message = answer.answer === "unknown" ? { message: answer.message } : {};
  work.audit(
    "operation.probed",
    { ...summaryOf(operation), probe: probes, answer: answer.answer, ...message },
    { operation },
  );
  if (answer.answer === "executed") return "settled";
  if (answer.answer === "not_executed") {
    if (before.askedAt >= before.notBefore) return "settled";
    wait(work, operation, before, before.notBefore);
    return "again";
  }
  if (probes >= probe.attempts) {
    giveUp(work, operation, step, `the probe could not tell: ${answer.message}`);
    return "unknown";
  }
  const delay = Math.min(probe.delayMs * 2 ** Math.min(probes, 30), LONGEST_WAIT_MS);
  wait(work, operation, { ...before, probes }, env.now + delay);
  return "again";
}

/** Why the operation's outcome was uncertain before its probe was asked. */
export function becauseOf(operation: Operation): OperationError {
  return probingOf(operation).because;
}

function wait(work: Work, operation: Operation, probing: Probing, nextAttemptAt: number): void {
  work.putOperation({ ...operation, status: "waiting", nextAttemptAt, error: toError(probing) });
  work.set({ status: "running", operationId: operation.id });
}

function toError({ because, ...noted }: Probing): OperationError {
  const { code, message, errorClass } = because;
  return {
    code: PROBING,
    message: `its outcome is uncertain (${message}); its probe is asked what became of it`,
    detail: { ...noted, code, message, ...(errorClass === undefined ? {} : { errorClass }) },
  };
}

function giveUp(work: Work, operation: Operation, step: Step, message: string): void {
  const because = becauseOf(operation);
  becomeUnknown(work, operation, { ...because, message: `${because.message}; ${message}` }, step);
}

function probingOf({ error }: Operation): Probing {
  const detail = isJsonObject(error?.detail) ? error.detail : {};
  const { probes, notBefore, askedAt, code, message, errorClass } = detail;
  return {
    probes: typeof probes === "number" ? probes : 0,
    notBefore: typeof notBefore === "number" ? notBefore : 0,
    askedAt: typeof askedAt === "number" ? askedAt : 0,
    because: {
      code: typeof code === "string" ? code : "EXECUTOR_FAILED",
      message: typeof message === "string" ? message : "nobody knows whether it took effect",
      ...(typeof errorClass === "string" ? { errorClass: errorClass as ErrorClass } : {}),
    },
  };
}
