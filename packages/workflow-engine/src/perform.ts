import {
  FlowgateError,
  type CallerCredentials,
  type Clock,
  type Executor,
  type ExecutorContext,
  type ExecutorFailure,
  type ExecutorKind,
  type ExecutorOutcome,
  type Log,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import type { AbortControl } from "./abort-control.ts";
import type { CircuitBreakers } from "./circuit-breaker.ts";
import type { Dispatch } from "./dispatch.ts";
import { sleep } from "./sleep.ts";
import type { Writable } from "./work.ts";

/** What performing an effect needs. */
export interface PerformDeps {
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  readonly clock: Clock;
  readonly store: Pick<WorkflowStore, "now" | "lease">;
  readonly circuits: CircuitBreakers;
  readonly log: Log;
}

export interface Performed {
  readonly outcome: ExecutorOutcome;
  readonly circuit?: "opened" | "closed";
}

/** Ways to reach a running effect. */
export interface Control {
  readonly abort: AbortControl;
  readonly onProgress?: ExecutorContext["onProgress"];
  readonly credentials?: CallerCredentials;
}

/** An executor that does not come back this long after it was aborted is given up; children get killed within it. */
const ABORT_GRACE_MS = 10_000;

/**
 * Performs one attempt. Returns `undefined` where this process may not dispatch any more: its lease has run out, so
 * another will take the operation over, and nothing was sent (W7). No executor is called with a signal that is aborted:
 * what a library does with one is anybody's guess, and Node's `net.connect` says that it was aborted, and connects.
 */
export async function perform(
  deps: PerformDeps,
  instance: WorkflowInstance,
  dispatch: Dispatch,
  control: Control,
): Promise<Performed | undefined> {
  const { clock, circuits } = deps;
  const { operation, reliability, work } = dispatch;
  if (work === undefined) return { outcome: { status: "succeeded", output: null, evidence: [] } };
  if (dispatch.delayMs !== undefined) await sleep(clock, dispatch.delayMs);
  const executor = deps.executors.get(work.executor.kind);
  if (executor === undefined)
    return { outcome: notSent(`executors of kind \`${work.executor.kind}\` are not available`) };

  // From here on nothing is waited for: what holds now holds when the executor is called.
  const leftMs = deps.store.lease().validUntil - clock.monotonic();
  if (dispatch.mode === "recorded" && leftMs <= 0) return undefined;
  if (control.abort.isAborted) return { outcome: notSent("it was stopped before it began") };
  if (deps.store.now() >= operation.deadlineAt)
    return { outcome: { ...notSent("its time was up before it began"), errorClass: "timeout" } };
  const policy = reliability.circuitBreaker;
  const circuit = `${instance.definitionId}/${operation.fromState}/${operation.transition}/${operation.candidate}`;
  if (policy !== undefined && !circuits.admits(circuit, policy, clock.monotonic())) {
    return {
      outcome: {
        ...notSent("it failed too often and is left alone for a while"),
        errorClass: "connection_error",
      },
    };
  }
  const outcome = await attempt(deps, executor, instance, dispatch, control, leftMs);
  if (policy === undefined) return { outcome };
  const failed = outcome.status === "failed" && outcome.errorClass !== "permanent";
  const changed = circuits.note(circuit, policy, clock.monotonic(), failed);
  return changed === undefined ? { outcome } : { outcome, circuit: changed };
}

async function attempt(
  deps: PerformDeps,
  executor: Executor,
  instance: WorkflowInstance,
  { operation, reliability, work }: Dispatch,
  { abort, onProgress, credentials }: Control,
  leftMs: number,
): Promise<ExecutorOutcome> {
  const { clock, store, log } = deps;
  if (work === undefined) return notSent("there is nothing to perform");
  const now = store.now();
  const deadlineAt = Math.min(
    operation.deadlineAt,
    now + (reliability.timeoutMs ?? Number.POSITIVE_INFINITY),
  );
  const remaining = Math.max(0, deadlineAt - now);
  const stop: (() => void)[] = [];
  const late = (): void => abort.abort(new FlowgateError("EXECUTOR_FAILED", "time is up"));
  stop.push(clock.schedule(remaining, late), watchLease(deps, abort, leftMs));
  const context: Writable<ExecutorContext> = {
    workflowId: instance.id,
    definitionId: instance.definitionId,
    transition: operation.transition,
    idempotencyKey: operation.idempotencyKey,
    attempt: Math.max(1, operation.attempt),
    deadlineAt,
    get signal() {
      return abort.signal;
    },
    principal: operation.actor,
    correlationId: operation.correlationId,
  };
  if (credentials !== undefined) context.credentials = credentials;
  if (operation.traceparent !== undefined) context.traceparent = operation.traceparent;
  if (onProgress !== undefined) context.onProgress = onProgress;
  try {
    return await new Promise<ExecutorOutcome>((resolve, reject) => {
      executor.execute(work.call, context).then(resolve, reject);
      abort.whenAborted(() => {
        const giveUp = (): void => resolve(gone("it did not stop when it was told to"));
        stop.push(clock.schedule(ABORT_GRACE_MS, giveUp));
      });
    });
  } catch (thrown) {
    log.error("an executor threw instead of answering", {
      kind: executor.kind,
      error: FlowgateError.from(thrown).message,
    });
    return gone("it broke off without an answer");
  } finally {
    for (const end of stop) end();
  }
}

/** Aborts what runs when the lease, which has `leftMs` left, runs out: from then on another process may take over. */
function watchLease({ clock, store }: PerformDeps, abort: AbortControl, leftMs: number): () => void {
  let cancel = (): void => undefined;
  const lookIn = (ms: number): void => {
    if (ms !== Number.POSITIVE_INFINITY) cancel = clock.schedule(Math.max(0, ms), look);
  };
  const look = (): void => {
    const left = store.lease().validUntil - clock.monotonic();
    if (left > 0) lookIn(left);
    else abort.abort(new FlowgateError("STORE_UNAVAILABLE", "the lease has run out"));
  };
  lookIn(leftMs);
  return () => cancel();
}

function notSent(message: string): ExecutorFailure {
  return { status: "failed", effect: "not_sent", errorClass: "permanent", message };
}

function gone(message: string): ExecutorFailure {
  return { status: "failed", effect: "unknown", errorClass: "timeout", message };
}
