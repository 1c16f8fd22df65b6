import {
  err,
  ok,
  type Json,
  type Operation,
  type OperationError,
  type Principal,
  type Result,
  type Signal,
  type Timer,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { admit, type Proposal } from "./admit.ts";
import { deadline, dueDeadline, enter, type Trace } from "./advance.ts";
import { claimAnew, resume } from "./again.ts";
import { beginCancel, compensateNext } from "./cancel.ts";
import { claim } from "./claim.ts";
import { becomeUnknown, endFailed, summaryOf } from "./commit.ts";
import type { Dispatch } from "./dispatch.ts";
import { AT_REST } from "./instance-row.ts";
import { migrate, type Migration } from "./migrate.ts";
import { mayPreempt } from "./preempt.ts";
import { beginProbing, dispatchProbe, isProbing, probeOf } from "./probe.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { consumeChoice, consumeGate } from "./settle-approval.ts";
import { endChild } from "./settle-child.ts";
import { currentStep, settle, succeed, type Outcome } from "./settle.ts";
import { fireTimer } from "./timeouts.ts";
import type { Work } from "./work.ts";

/**
 * The semantics of workflows, as one function without effects: an event happens to an instance, and the draft holds
 * the next rows, the audit events and what is to be performed. The driver performs it and brings back how it ended.
 */
export type WorkflowEvent =
  /** The instance is new. `submit`: its first step is taken in the same commit. */
  | { readonly kind: "started"; readonly trace: Trace; readonly submit?: Proposal }
  | { readonly kind: "submitted"; readonly proposal: Proposal }
  | { readonly kind: "settled"; readonly dispatch: Dispatch; readonly outcome: Outcome }
  | { readonly kind: "timer"; readonly timer: Timer; readonly correlationId: string }
  | { readonly kind: "signal"; readonly signal: Signal; readonly correlationId: string }
  | { readonly kind: "retryDue" }
  | { readonly kind: "orphaned" }
  /** Its claimant could not send it while its lease had run out, and nothing was sent. */
  | { readonly kind: "unsent" }
  | { readonly kind: "resolved"; readonly resolution: Resolution }
  /** The draft is made with the new definition. */
  | { readonly kind: "migrated"; readonly migration: Migration };

/** What a person found out about an operation that may have taken effect. */
export interface Resolution {
  readonly outcome: "executed" | "not_executed" | "abandon";
  readonly result?: Json;
  readonly reason: string;
  readonly principal: Principal;
  readonly correlationId: string;
}

/** An operation whose claimants keep dying is given up after so many. */
export const MAX_TAKEOVERS = 10;

/** @returns a refusal where nothing may happen; the draft must then be thrown away. */
export function transition(work: Work, event: WorkflowEvent): Result<void, Refusal> {
  const done = happen(work, event);
  if (done.ok) goOn(work, correlationOf(work, event));
  return done;
}

/** Whether a signal can be taken up as the instance is now. One that cannot stays until it can. */
export function canConsume(
  signal: Signal,
  {
    instance,
    operation,
  }: { readonly instance: WorkflowInstance; readonly operation?: Operation | undefined },
): boolean {
  if (instance.status === "terminal") return true;
  if (signal.kind === "cancel") return mayPreempt({ instance }) && instance.cancelling === undefined;
  if (instance.status === "running") return false;
  if (signal.kind === "approval_settled") {
    // What people chose takes the place of what is waited for; of what is uncertain it cannot.
    return operation?.approvalId === signal.payload["approvalId"] || mayPreempt({ instance });
  }
  return operation?.id !== signal.payload["operationId"] || operation?.status !== "running";
}

function happen(work: Work, event: WorkflowEvent): Result<void, Refusal> {
  switch (event.kind) {
    case "started":
      return start(work, event.trace, event.submit);
    case "submitted":
      return submit(work, event.proposal);
    case "settled":
      settle(work, event.dispatch, event.outcome);
      return ok(undefined);
    case "timer":
      return fireTimer(work, event.timer, event.correlationId)
        ? ok(undefined)
        : err(refusal("TRANSITION_IN_PROGRESS", "an operation is not over yet"));
    case "signal":
      consume(work, event.signal, event.correlationId);
      return ok(undefined);
    case "retryDue":
      return withLive(work, (operation) => resume(work, operation, currentStep(work, operation)));
    case "orphaned":
      return withLive(work, (operation) => recover(work, operation));
    case "unsent":
      return withLive(work, (operation) => claimAnew(work, operation, currentStep(work, operation)));
    case "resolved":
      return withLive(work, (operation) => resolve(work, operation, event.resolution));
    case "migrated":
      return migrate(work, event.migration);
    default:
      return event satisfies never;
  }
}

/** Steps without an effect, deadlines, cancellations and signals that are due now become part of the same commit. */
function goOn(work: Work, correlationId: string): void {
  for (;;) {
    if (work.dispatch?.mode === "immediate") {
      settle(work, work.dispatch, { status: "succeeded", output: null, evidence: [] });
      continue;
    }
    if (work.dispatch !== undefined) return;
    const { status, cancelling } = work.instance;
    if (cancelling !== undefined && status === "idle") {
      compensateNext(work, correlationId);
      continue;
    }
    if (cancelling === undefined && status === "idle") {
      const due = dueDeadline(work);
      if (due !== undefined) {
        fireTimer(work, due, correlationId);
        continue;
      }
    }
    const signals = work.signals();
    if (signals.length === 0) return;
    const signal = signals.find((candidate) => canConsume(candidate, work));
    if (signal === undefined) return;
    consume(work, signal, correlationId);
  }
}

function start(work: Work, trace: Trace, first: Proposal | undefined): Result<void, Refusal> {
  const { instance, env, definition } = work;
  work.set({});
  work.audit(
    "workflow.started",
    {
      state: instance.state,
      input: instance.input,
      definitionVersion: instance.definitionVersion,
      parent: instance.parent?.workflowId ?? null,
    },
    { principal: instance.startedBy, correlationId: trace.correlationId },
  );
  if (definition.ir.timeoutMs !== undefined)
    work.arm(deadline(work, "workflow", env.now + definition.ir.timeoutMs));
  if (first !== undefined) return submit(work, first);
  enter(work, trace);
  return ok(undefined);
}

function submit(work: Work, proposal: Proposal): Result<void, Refusal> {
  const admitted = admit(work, proposal);
  if (!admitted.ok) return admitted;
  if (admitted.value.slot === "compensate" || admitted.value.slot === "cancel") {
    work.set({ status: "idle", recovery: undefined, parkedReason: undefined });
    return ok(undefined);
  }
  const begun = claim(work, admitted.value);
  if (!begun.ok) return begun;
  if (work.instance.chainDepth !== 0) work.set({ chainDepth: 0 });
  return ok(undefined);
}

function consume(work: Work, signal: Signal, correlationId: string): void {
  const { operation } = work;
  if (work.instance.status === "terminal") {
    work.consume(signal.id);
    return;
  }
  switch (signal.kind) {
    case "cancel": {
      work.consume(signal.id);
      const { reason, by } = signal.payload;
      const requestedBy = by as unknown as Principal;
      beginCancel(work, {
        reason: typeof reason === "string" ? reason : "cancelled",
        requestedBy,
        correlationId,
      });
      return;
    }
    case "approval_settled": {
      const approval = work.approvals().find(({ id }) => id === signal.payload["approvalId"]);
      if (approval === undefined) work.consume(signal.id);
      else if (approval.kind === "gate") consumeGate(work, signal, approval);
      else consumeChoice(work, signal, approval, correlationId);
      return;
    }
    case "child_finished":
      work.consume(signal.id);
      if (operation?.status === "waiting" && operation.id === signal.payload["operationId"]) {
        endChild(work, operation, signal.payload);
      }
      return;
    default:
      signal.kind satisfies never;
  }
}

/** The claimant is gone: again, where that is harmless; else nobody knows (W5). */
function recover(work: Work, operation: Operation): void {
  const { env } = work;
  const takeovers = operation.takeovers + 1;
  const harmless = operation.effect === "read" || operation.effect === "idempotent";
  const step = currentStep(work, operation);
  const probe = probeOf(step, operation);
  if (probe !== undefined && takeovers <= MAX_TAKEOVERS) {
    work.audit("executor.recovered", { ...summaryOf(operation), takeovers }, { operation });
    work.set({ claim: env.claim });
    const taken: Operation = { ...operation, takeovers, fence: work.instance.fence };
    if (isProbing(operation)) dispatchProbe(work, taken, step);
    else beginProbing(work, taken, probe, orphaned(LOST), env.now + env.quarantineMs);
    return;
  }
  if (!harmless || takeovers > MAX_TAKEOVERS) {
    const message = takeovers > MAX_TAKEOVERS ? `it was given up after ${MAX_TAKEOVERS} takeovers` : LOST;
    // The fence goes up, so that what the lost process may still bring is told from what was committed (W7).
    work.set({});
    const taken: Operation = { ...operation, takeovers, fence: work.instance.fence };
    becomeUnknown(work, taken, orphaned(message), step);
    return;
  }
  work.audit("executor.recovered", { ...summaryOf(operation), takeovers }, { operation });
  resume(work, { ...operation, takeovers, deadlineAt: env.now + env.limits.operationMs }, step);
}

const LOST = "the process that ran it is gone; it may or may not have taken effect";

function orphaned(message: string): OperationError {
  return { code: "ORPHANED", message };
}

/** What a person says takes the place of what the executor could not. */
function resolve(work: Work, operation: Operation, { outcome, result, reason, principal }: Resolution): void {
  const step = currentStep(work, operation);
  work.audit("operation.resolved", { ...summaryOf(operation), outcome, reason }, { operation, principal });
  work.set({ status: "running", parkedReason: undefined });
  const { error: _uncertain, ...cleared } = operation;
  if (outcome === "executed") {
    const running: Operation = { ...cleared, status: "running", attempt: 0 };
    succeed(work, running, step, {
      status: "succeeded",
      output: result ?? operation.result ?? null,
      evidence: [],
    });
    return;
  }
  const error = { code: "EXECUTOR_FAILED", message: `resolved as ${outcome}: ${reason}` };
  if (outcome === "not_executed") {
    endFailed(work, { ...operation, status: "not_executed", error, finishedAt: work.env.now }, step);
    return;
  }
  work.endOperation({ ...operation, status: "cancelled", error, finishedAt: work.env.now });
  work.set(AT_REST);
  beginCancel(work, { reason, requestedBy: principal, correlationId: operation.correlationId });
}

function withLive(work: Work, act: (operation: Operation) => void): Result<void, Refusal> {
  const { operation, instance } = work;
  if (operation === undefined || operation.id !== instance.operationId) {
    return err(refusal("INVALID_TRANSITION", "no operation is waiting for this"));
  }
  act(operation);
  return ok(undefined);
}

function correlationOf(work: Work, event: WorkflowEvent): string {
  switch (event.kind) {
    case "started":
      return event.trace.correlationId;
    case "submitted":
      return event.proposal.correlationId;
    case "settled":
      return event.dispatch.operation.correlationId;
    case "timer":
    case "signal":
      return event.correlationId;
    case "resolved":
      return event.resolution.correlationId;
    case "migrated":
      return event.migration.correlationId;
    case "retryDue":
    case "orphaned":
    case "unsent":
      return work.operation?.correlationId ?? work.instance.id;
    default:
      return event satisfies never;
  }
}
