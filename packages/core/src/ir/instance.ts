import type { ErrorClass } from "../errors.ts";
import type { EffectClass } from "./executor.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ResolvedCall } from "../ports/executor.ts";
import type { Principal } from "../principal.ts";

/**
 * The rows of the journal, as every store keeps them. All times are milliseconds since the epoch by the
 * store's clock. See engine.md, sections 3 to 7.
 */

/** `idle` waits for a caller, `running` has a live operation, `waiting` waits for people, a child or a retry. */
export type InstanceStatus = "idle" | "running" | "waiting" | "outcome_unknown" | "parked" | "terminal";

export interface WorkflowInstance {
  readonly id: string;
  readonly tenant: string;
  /** The subject that started it. */
  readonly owner: string;
  readonly definitionId: string;
  readonly definitionVersion: string;
  /** Pinned at the start: the instance finishes on this definition, unless an operator migrates it. */
  readonly definitionHash: string;
  readonly state: string;
  readonly stateEnteredAt: number;
  /** The number of committed operations. */
  readonly version: number;
  readonly status: InstanceStatus;
  /** Of a terminal instance. */
  readonly outcome?: "success" | "failure" | "timed_out" | "cancelled";
  /** Why it is parked, for people. */
  readonly parkedReason?: string;
  readonly context: JsonObject;
  readonly input: JsonObject;
  /** The last executor output that was committed. */
  readonly output: Json;
  /** The principal of the start, whose authority chains and onEnter act with. */
  readonly startedBy: Principal;
  /**
   * The step that the engine owes and could not do by itself: a chain step or an onEnter that failed, a chain at
   * its depth limit, a timeout or a compensation that failed. Whoever may submit may run it again.
   */
  readonly recovery?: { readonly slot: OperationSlot; readonly transition: string };
  /** Set from an accepted cancellation to its end: the committed operations that are still to be compensated, next first. */
  readonly cancelling?: {
    readonly reason: string;
    readonly requestedBy: Principal;
    readonly remaining: readonly string[];
  };
  readonly parent?: { readonly workflowId: string; readonly operationId: string; readonly depth: number };
  /** The live operation, where there is one. */
  readonly operationId?: string;
  /** Goes up with every write of this row: claims, takeovers, commits, parks. A write that carries an older one is refused. */
  readonly fence: number;
  readonly claim?: { readonly replica: string; readonly epoch: number };
  /** Deterministic steps since the last step that somebody asked for. */
  readonly chainDepth: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly terminalAt?: number;
  readonly purgeAfter?: number;
}

export type OperationStatus =
  | "running"
  | "waiting"
  | "committed"
  | "failed"
  | "unknown"
  | "not_executed"
  | "fenced"
  | "cancelled";

/** What an operation is for. One live or final operation per (instance, fromVersion). */
export type OperationSlot = "submit" | "chain" | "onEnter" | "timeout" | "compensate" | "cancel" | "migrate";

export interface Operation {
  readonly id: string;
  readonly workflowId: string;
  readonly fromVersion: number;
  readonly fromState: string;
  readonly slot: OperationSlot;
  /** The transition, or `onEnter`, or the timeout's kind. */
  readonly transition: string;
  readonly actor: Principal;
  readonly arguments: JsonObject;
  /** SHA-256 (hex) of the canonical arguments. */
  readonly argumentsHash: string;
  readonly effect: EffectClass;
  /** 0 is the primary executor, 1… the fallbacks. */
  readonly candidate: number;
  /** Attempts begun with this candidate. */
  readonly attempt: number;
  readonly takeovers: number;
  readonly idempotencyKey: string;
  readonly call?: ResolvedCall;
  readonly childId?: string;
  readonly approvalId?: string;
  /** What people decided about it, once they did. */
  readonly decision?: OperationDecision;
  readonly status: OperationStatus;
  /** The instance's fence that its claim set. */
  readonly fence: number;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly deadlineAt: number;
  readonly nextAttemptAt?: number;
  readonly startedAt: number;
  readonly finishedAt?: number;
  /** Of a committed operation: it was routed (`onFailure`, `onReject`, `onUnknown`), and its output mapping did not run. */
  readonly error?: OperationError;
  readonly result?: Json;
  /** Content blocks that came with the result, within the same bound. */
  readonly content?: readonly JsonObject[];
  /** A result that came after the fence had moved on. Kept for people, never applied. */
  readonly lateResult?: Json;
  /** Where it led, once committed. */
  readonly toState?: string;
}

export interface OperationDecision {
  /** Subjects, in the order of their decisions. */
  readonly approvers: readonly string[];
  readonly reason?: string;
  readonly input: JsonObject;
}

export interface OperationError {
  readonly code: string;
  readonly errorClass?: ErrorClass;
  readonly message: string;
  readonly detail?: Json;
}

export interface Evidence {
  readonly id: string;
  readonly workflowId: string;
  readonly operationId: string;
  readonly ordinal: number;
  readonly version: number;
  readonly kind: string;
  /** The subject that made it. */
  readonly actor: string;
  readonly payloadHash?: string;
  readonly outcome: "success" | "failure";
  readonly summary: string;
  readonly uri?: string;
  readonly at: number;
}

/** `workflow` and `state` deadlines, an approval's expiry, a child's deadline. The wait before a retry is the operation's `nextAttemptAt`. */
export type TimerKind = "workflow" | "state" | "approval" | "child";

export interface Timer {
  readonly id: string;
  readonly workflowId: string;
  readonly kind: TimerKind;
  readonly dueAt: number;
  /** The instance's version when it was armed. */
  readonly armedVersion: number;
  readonly operationId?: string;
  readonly approvalId?: string;
}

/** A durable message to an instance, consumed once by whichever replica gets to it. */
export interface Signal {
  readonly id: string;
  readonly workflowId: string;
  readonly kind: "approval_settled" | "child_finished" | "cancel";
  readonly payload: JsonObject;
  readonly at: number;
}

export type ApprovalStatus = "pending" | "approved" | "denied" | "expired" | "withdrawn" | "consumed";

export interface Approval {
  readonly id: string;
  readonly workflowId: string;
  readonly tenant: string;
  /** The waiting operation of a gate; a notification or a human state has none. */
  readonly operationId?: string;
  readonly queue: string;
  readonly title: string;
  readonly message?: string;
  readonly form?: JsonObject;
  readonly state: string;
  /** A gate: the transition that waits. A choice: the human transitions that a decision picks from. */
  readonly kind: "gate" | "choice";
  readonly transitions: readonly string[];
  readonly version: number;
  /** SHA-256 (hex) over definition, instance, version, transition, arguments and resolved call. */
  readonly subjectHash: string;
  readonly rule: ApprovalRule;
  readonly requestedBy: Principal;
  readonly status: ApprovalStatus;
  /** Goes up with every write; decisions are compared against it. */
  readonly revision: number;
  readonly decisions: readonly ApprovalDecision[];
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly useBefore?: number;
  readonly settledAt?: number;
}

export interface ApprovalRule {
  readonly assignees: { readonly roles: readonly string[]; readonly permissions: readonly string[] };
  readonly quorum: number;
  readonly allowRequester: boolean;
}

export interface ApprovalDecision {
  readonly approver: Principal;
  readonly decision: "approve" | "reject";
  /** Of a choice: the transition that was picked. */
  readonly transition?: string;
  readonly reason?: string;
  readonly input?: JsonObject;
  /** The instance's version that the person saw. */
  readonly seenVersion: number;
  readonly decidedAt: number;
}

/** Remembers a caller's key, so that the same request is answered and not run again. */
export interface RequestKey {
  readonly principal: string;
  readonly tenant: string;
  readonly key: string;
  readonly workflowId: string;
  readonly argumentsHash: string;
  readonly expiresAt: number;
}
