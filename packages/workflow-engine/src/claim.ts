import {
  canonicalJson,
  err,
  ok,
  type ExecutorIr,
  type Json,
  type JsonObject,
  type Operation,
  type OperationDecision,
  type OperationSlot,
  type Principal,
  type ResolvedCall,
  type Result,
} from "@mcp-flowgate/core";
import type { Unresolved } from "@mcp-flowgate/guards-expr";
import type { Dispatch } from "./dispatch.ts";
import { declaredKey, idempotencyKey } from "./idempotency-key.ts";
import { scopeOf } from "./judge.ts";
import { utf8Length } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { readsOutput, resolveCall } from "./resolve-call.ts";
import { stepOf, type Step } from "./step.ts";
import type { Work, Writable } from "./work.ts";

/** A step that is to begin. Whether it may is decided before. */
export interface ClaimRequest {
  readonly slot: OperationSlot;
  readonly transition: string;
  readonly actor: Principal;
  readonly arguments: JsonObject;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly decision?: OperationDecision;
  readonly approvalId?: string;
  /** Of a compensation: what it undoes. */
  readonly original?: Operation;
}

/**
 * Begins an operation: resolves its call, takes the instance's fence and leaves the effect in `work.dispatch`.
 * A template without a value refuses here, before anything is claimed, and nothing of `work` is changed.
 */
export function claim(work: Work, request: ClaimRequest): Result<Operation, Refusal> {
  const { definition, env, instance } = work;
  if (instance.version >= env.limits.versions) {
    const message = `this workflow has reached its ${env.limits.versions} versions; start a new one`;
    return err(refusal("INVALID_TRANSITION", message, { attemptedTransition: request.transition }));
  }
  const step = stepOf(definition, instance, request, request.original);
  if (step === undefined) return err(unknownStep(request.transition, instance.state));
  const { executor } = step;
  const scope = scopeOf(instance, request.actor, {
    arguments: request.arguments,
    ...(request.original?.result === undefined ? {} : { output: request.original.result }),
  });
  const call = executor === undefined ? undefined : resolveCall(env.programs, executor, scope, step.declared);
  if (call !== undefined && !call.ok) return err(unresolvedCall(request.transition, call.error));
  if (request.original !== undefined && call !== undefined) {
    // What it undoes may have given far more than a row and an audit record hold.
    const bytes = utf8Length(JSON.stringify(call.value));
    if (bytes > env.limits.outputBytes) {
      const message = `what undoes \`${request.transition}\` would be sent ${bytes} bytes, over the limit of ${env.limits.outputBytes}; map only what it needs, such as \`$.output.id\``;
      return err(refusal("INPUT_SCHEMA_VIOLATION", message, { attemptedTransition: request.transition }));
    }
  }
  const gated = gatedCall(work, step, scope);
  if (gated?.ok === false) return err(unresolvedCall(request.transition, gated.error));

  const mode = executor === undefined ? "immediate" : isInline(executor) ? "inline" : "recorded";
  const operation = begin(work, request, step, call?.value, mode === "recorded" ? 1 : 0);
  work.set({
    status: "running",
    operationId: operation.id,
    claim: env.claim,
    recovery: undefined,
    parkedReason: undefined,
  });
  if (request.slot === "submit") auditRequest(work, operation);
  if (mode === "recorded") {
    work.putOperation(operation);
    auditStart(work, operation);
  }
  const dispatch: Writable<Dispatch> = { operation, reliability: step.reliability, mode };
  if (executor !== undefined && call !== undefined) dispatch.work = { call: call.value, executor };
  if (gated !== undefined) dispatch.gated = gated.value;
  work.dispatch = dispatch;
  return ok(operation);
}

/** The record of an attempt that is about to be made. */
export function auditStart(work: Work, operation: Operation): void {
  work.audit(
    "executor.started",
    {
      transition: operation.transition,
      slot: operation.slot,
      state: operation.fromState,
      version: operation.fromVersion,
      effect: operation.effect,
      candidate: operation.candidate,
      attempt: operation.attempt,
      idempotencyKey: operation.idempotencyKey,
      argumentsHash: operation.argumentsHash,
      call: toJson(operation.call),
    },
    { operation },
  );
}

/** The sentence for a template that has no value. */
export function unresolvedCall(transition: string, unresolved: readonly Unresolved[]): Refusal {
  const details = unresolved.map(({ pointer, path, message }) => ({
    check: "template",
    pointer,
    path,
    message,
  }));
  const first = unresolved[0]?.message ?? "a value is missing";
  return refusal("INPUT_SCHEMA_VIOLATION", `\`${transition}\` cannot be called: ${first}`, {
    attemptedTransition: transition,
    details,
  });
}

export function unknownStep(transition: string, state: string): Refusal {
  return refusal("INVALID_TRANSITION", `state \`${state}\` has no transition \`${transition}\``, {
    attemptedTransition: transition,
  });
}

/** The effect class that decides about retries, fallback and recovery. */
export function effectOf(executor: ExecutorIr | undefined): Pick<ExecutorIr, "effect" | "effectDeclared"> {
  if (executor === undefined || isInline(executor)) return { effect: "read", effectDeclared: true };
  // A child's id derives from its operation, so starting it again finds it.
  if (executor.kind === "workflow") return { effect: "idempotent", effectDeclared: true };
  return executor;
}

/** No effect outside this process, so nothing has to be on record before it is performed. */
export function isInline(executor: ExecutorIr): boolean {
  return executor.kind === "noop" || executor.kind === "human";
}

export function toJson(call: ResolvedCall | undefined): Json {
  return call === undefined ? null : (call as unknown as JsonObject);
}

/** What an approval will let run, resolved now unless it reads what people have not said yet. */
function gatedCall(
  work: Work,
  step: Step,
  scope: ReturnType<typeof scopeOf>,
): Result<ResolvedCall, readonly Unresolved[]> | undefined {
  const onApprove = step.executor?.kind === "human" ? step.executor.onApprove : undefined;
  if (onApprove === undefined || readsOutput(work.env.programs, onApprove)) return undefined;
  return resolveCall(work.env.programs, onApprove, scope, step.declared);
}

function begin(
  work: Work,
  request: ClaimRequest,
  step: Step,
  call: ResolvedCall | undefined,
  attempt: number,
): Operation {
  const { env, instance } = work;
  const fromVersion = instance.version;
  const argumentsText = canonicalJson(request.arguments);
  const { slot, transition, correlationId } = request;
  const { executor } = step;
  const template = (executor?.kind === "human" ? executor.onApprove : executor)?.idempotencyKey;
  const { decision, approvalId, traceparent } = request;
  const operation: Writable<Operation> = {
    id: env.ids.next("op"),
    workflowId: instance.id,
    fromVersion,
    fromState: instance.state,
    slot,
    transition,
    actor: request.actor,
    arguments: request.arguments,
    argumentsHash: env.digest.sha256(argumentsText),
    effect: effectOf(executor).effect,
    candidate: 0,
    attempt,
    takeovers: 0,
    idempotencyKey:
      template === undefined
        ? idempotencyKey(
            {
              workflowId: instance.id,
              fromVersion: request.original?.fromVersion ?? fromVersion,
              slot,
              transition,
              argumentsText,
            },
            env.digest,
          )
        : declaredKey(template, { workflowId: instance.id, transition, correlationId }),
    status: "running",
    fence: work.nextFence,
    correlationId,
    deadlineAt: env.now + env.limits.operationMs,
    startedAt: env.now,
  };
  if (call !== undefined) operation.call = call;
  if (decision !== undefined) operation.decision = decision;
  if (approvalId !== undefined) operation.approvalId = approvalId;
  if (traceparent !== undefined) operation.traceparent = traceparent;
  return operation;
}

function auditRequest(work: Work, operation: Operation): void {
  work.audit(
    "transition.requested",
    {
      transition: operation.transition,
      state: operation.fromState,
      version: operation.fromVersion,
      arguments: operation.arguments,
      argumentsHash: operation.argumentsHash,
    },
    { operation },
  );
}
