import {
  canonicalJson,
  type ApprovalDraft,
  type EvidenceDraft,
  type Json,
  type JsonObject,
  type Operation,
  type OperationError,
} from "@mcp-flowgate/core";
import { enter, owe, park, proceed, rest, stateOf, traceOf } from "./advance.ts";
import type { Applied } from "./apply-result.ts";
import { openChoice } from "./approval-queue.ts";
import { finish } from "./finish.ts";
import { AT_REST } from "./instance-row.ts";
import { offersOf } from "./offers.ts";
import { refusal } from "./refusal.ts";
import type { Step } from "./step.ts";
import type { Work, Writable } from "./work.ts";

/** The committed end of an operation: rows, evidence, the next state, and on from there (W2, W13). */
export function commit(
  work: Work,
  operation: Operation,
  step: Step,
  applied: Applied,
  notice?: ApprovalDraft,
): void {
  const { env } = work;
  const { result, content, toState } = applied;
  const committed: Writable<Operation> = { ...operation, status: "committed", finishedAt: env.now, toState };
  if (result !== undefined) committed.result = result;
  if (content !== undefined) committed.content = content;
  addEvidence(work, committed, step, applied.evidence);
  if (operation.attempt > 0) {
    work.audit("executor.succeeded", summaryOf(operation), { operation });
  }
  moveTo(work, committed, toState, step.enters, applied);
  if (applied.branch !== undefined) {
    work.audit(
      "transition.branched",
      { transition: operation.transition, branch: applied.branch, target: toState },
      { operation },
    );
  }
  goOn(work, committed, step.enters, notice);
}

/** Commits an operation that did not succeed but is told by its definition where to lead. */
export function route(work: Work, operation: Operation, target: string, error: OperationError): void {
  const routed: Operation = {
    ...operation,
    status: "committed",
    error,
    finishedAt: work.env.now,
    toState: target,
  };
  moveTo(work, routed, target, true, {});
  goOn(work, routed, true);
}

/** The state stays. Who asked gets the links back; a step of the engine's own stays owed. */
export function endFailed(work: Work, ended: Operation, step: Step): void {
  if (ended.slot === "onEnter" && step.onFailure !== undefined && ended.error !== undefined) {
    route(work, ended, step.onFailure.target, ended.error);
    return;
  }
  work.endOperation(ended);
  work.set(AT_REST);
  const message = ended.error?.message ?? "it failed";
  switch (ended.slot) {
    case "submit":
    case "migrate":
      rest(work);
      return;
    case "chain":
    case "onEnter":
      owe(work, ended.slot, ended.transition, refusal("CHAIN_FAILED", message));
      return;
    case "timeout":
    case "compensate":
    case "cancel":
      park(work, `\`${ended.transition}\` failed: ${message}`, {
        slot: ended.slot,
        transition: ended.transition,
      });
      return;
    default:
      ended.slot satisfies never;
  }
}

/** Nobody knows whether the effect took place. A person, a probe or the author's `onUnknown` decides. */
export function becomeUnknown(work: Work, operation: Operation, error: OperationError, step?: Step): void {
  work.audit("executor.unknown", { ...summaryOf(operation), message: error.message }, { operation });
  if (step?.onUnknown !== undefined) {
    route(work, operation, step.onUnknown.target, error);
    return;
  }
  const unknown: Operation = { ...operation, status: "unknown", error, finishedAt: work.env.now };
  work.putOperation(unknown);
  work.set({ status: "outcome_unknown", operationId: operation.id });
}

/** What an operation was, for its audit events. */
export function summaryOf(operation: Operation): JsonObject {
  const { transition, slot, candidate, attempt, idempotencyKey, argumentsHash } = operation;
  return { transition, slot, candidate, attempt, idempotencyKey, argumentsHash };
}

function moveTo(
  work: Work,
  committed: Operation,
  toState: string,
  enters: boolean,
  result: { readonly result?: Json; readonly context?: JsonObject },
): void {
  const { instance, env } = work;
  work.endOperation(committed);
  const version = instance.version + 1;
  work.set({
    operationId: undefined,
    claim: undefined,
    parkedReason: undefined,
    recovery: undefined,
    status: "idle",
    state: toState,
    version,
    context: result.context ?? instance.context,
    output: result.result === undefined ? instance.output : result.result,
    stateEnteredAt: enters ? env.now : instance.stateEnteredAt,
    chainDepth: depthAfter(committed, instance.chainDepth),
  });
  const { slot, transition, fromState, error } = committed;
  const moved: Record<string, Json> = { slot, transition, fromState, toState, version };
  if (error !== undefined) moved["because"] = error.message;
  work.audit(committed.slot === "chain" ? "chain.step" : "workflow.transitioned", moved, {
    operation: committed,
  });
}

function goOn(work: Work, committed: Operation, enters: boolean, notice?: ApprovalDraft): void {
  // Whoever migrates it goes on with it.
  if (committed.slot === "migrate") return;
  if (committed.slot === "cancel") finish(work, "cancelled");
  else if (committed.slot === "compensate") undone(work);
  // A deadline without a target is a hard stop.
  else if (committed.slot === "timeout" && !enters) finish(work, "timed_out");
  else if (enters) {
    enter(work, traceOf(committed), notice);
  } else {
    if (notice !== undefined && offersOf(stateOf(work)).human.length > 0)
      openChoice(work, stateOf(work), notice);
    proceed(work, traceOf(committed));
  }
}

/** One compensation is done; the next is begun by whoever goes on with the draft. */
function undone(work: Work): void {
  const { cancelling } = work.instance;
  if (cancelling !== undefined)
    work.set({ cancelling: { ...cancelling, remaining: cancelling.remaining.slice(1) } });
}

function depthAfter({ slot }: Operation, depth: number): number {
  if (slot === "chain") return depth + 1;
  return slot === "onEnter" ? depth : 0;
}

function addEvidence(work: Work, operation: Operation, step: Step, drafts: readonly EvidenceDraft[]): void {
  const { env } = work;
  const people = operation.decision === undefined ? [] : operation.decision.approvers;
  if (drafts.length + step.evidence.length + people.length === 0) return;
  const kind = step.executor?.kind === "human" ? "human_approval" : "human_decision";
  const rows: (EvidenceDraft & { readonly actor?: string })[] = [
    ...drafts,
    ...step.evidence.map((kind) => ({ kind, outcome: "success" as const, summary: operation.transition })),
    ...people.map((actor) => ({ kind, outcome: "success" as const, summary: operation.transition, actor })),
  ];
  for (const [ordinal, draft] of rows.entries()) {
    work.addEvidence({
      id: env.ids.next("ev"),
      workflowId: operation.workflowId,
      operationId: operation.id,
      ordinal,
      version: operation.fromVersion + 1,
      kind: draft.kind,
      actor: draft.actor ?? operation.actor.subject,
      ...(draft.payload === undefined
        ? {}
        : { payloadHash: env.digest.sha256(canonicalJson(draft.payload)) }),
      outcome: draft.outcome,
      summary: draft.summary,
      ...(draft.uri === undefined ? {} : { uri: draft.uri }),
      at: env.now,
    });
  }
}
