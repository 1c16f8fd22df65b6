import type { ErrorClass, FailureEffect } from "../errors.ts";
import type { ConnectionIr } from "../ir/connection.ts";
import type { ExecutorKind, ThereVerb } from "../ir/executor.ts";
import type { Json, JsonObject } from "../json.ts";
import type { CallerCredentials, Principal } from "../principal.ts";

/**
 * Performs one attempt of one effect. It decides nothing about legality, retries or state: it gets a call whose
 * templates are resolved, honours key, deadline and signal, and says what is known about the outcome.
 */
export interface Executor {
  readonly kind: ExecutorKind;
  /** Never rejects: whatever goes wrong is a `failed` outcome. */
  execute(call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome>;
  /** Ends children and sockets. */
  close?(): Promise<void>;
}

/** The connections of the current configuration. */
export interface ConnectionDirectory {
  get(name: string): ConnectionIr | undefined;
}

export interface ExecutorContext {
  readonly workflowId: string;
  readonly definitionId: string;
  readonly transition: string;
  /** Equal across retries, replicas and recovery of one effect. */
  readonly idempotencyKey: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Milliseconds since the epoch. The signal aborts at it. */
  readonly deadlineAt: number;
  /** Never aborted when the executor is called. */
  readonly signal: AbortSignal;
  readonly principal: Principal;
  /** Only while the call of the principal runs in which they came: never after a timer, a decision or a takeover. */
  readonly credentials?: CallerCredentials;
  readonly correlationId: string;
  /** W3C trace context of the caller. */
  readonly traceparent?: string;
  /** Of the caller's call, while that runs. */
  readonly tracestate?: string;
  readonly onProgress?: (progress: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  }) => void;
}

/** What exactly will be sent: every template resolved. This, not the configuration, is what an approval covers. */
export type ResolvedCall = NoopCall | CliCall | HttpCall | McpCall | HumanCall | WorkflowCall;

export interface NoopCall {
  readonly kind: "noop";
  readonly arguments: Json;
}

export interface CliCall {
  readonly kind: "cli";
  readonly connection?: string;
  readonly command?: string;
  readonly args: readonly CliArgument[];
  readonly env: { readonly [name: string]: string };
  readonly stdin?: string;
  readonly treatNonZeroAsFailure: boolean;
  readonly maxOutputBytes: number;
  readonly allowDashArgs: boolean;
}

export interface CliArgument {
  readonly value: string;
  /** True where the value came from a caller or an earlier result, not from the configuration. */
  readonly dynamic: boolean;
}

export interface HttpCall {
  readonly kind: "http";
  readonly connection: string;
  readonly method: string;
  /** Path below the base URL, variables already encoded as single segments. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: { readonly [name: string]: string };
  readonly body?: Json;
  readonly bodyFormat: "json" | "form" | "text";
  readonly maxResponseBytes: number;
}

export interface McpCall {
  readonly kind: "mcp";
  readonly connection: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Of a call to another gateway that has begun: the instance there. */
  readonly follows?: string;
  readonly there?: ThereVerb;
}

export interface HumanCall {
  readonly kind: "human";
  readonly queue: string;
  readonly title?: string;
  readonly message?: string;
  readonly form?: JsonObject;
  readonly assignees: { readonly roles: readonly string[]; readonly permissions: readonly string[] };
  readonly quorum: number;
  readonly expiresMs?: number;
  readonly allowRequester: boolean;
}

/** A durable child instance. The engine starts it itself: no executor gets this call. */
export interface WorkflowCall {
  readonly kind: "workflow";
  readonly definitionId: string;
  readonly input: JsonObject;
  readonly timeoutMs?: number;
}

export type ExecutorOutcome =
  | {
      readonly status: "succeeded";
      readonly output: Json;
      /** Content blocks (images, audio, resources) that `output` does not carry. */
      readonly content?: readonly JsonObject[];
      readonly evidence: readonly EvidenceDraft[];
    }
  | ExecutorFailure
  | ExecutorFollowing
  /** The step waits for people; the engine writes the approval. */
  | { readonly status: "waiting"; readonly approval: ApprovalDraft };

export interface ExecutorFailure {
  readonly status: "failed";
  readonly effect: FailureEffect;
  readonly errorClass: ErrorClass;
  /** One sentence for the caller, without secrets, paths or stacks. */
  readonly message: string;
  /** Bounded: a status code, the tail of standard error, the downstream error object. */
  readonly detail?: Json;
  readonly retryAfterMs?: number;
  readonly evidence?: readonly EvidenceDraft[];
}

/** The effect goes on elsewhere, where it was begun: it is not repeated, only looked at again. */
export interface ExecutorFollowing {
  readonly status: "following";
  /** The call that asks what became of it. It takes the place of the first one, also after a restart. */
  readonly call: ResolvedCall;
  readonly checkAfterMs: number;
  /** One sentence for the caller. */
  readonly message: string;
  /** What people decide there. */
  readonly approvals: readonly JsonObject[];
}

export interface EvidenceDraft {
  readonly kind: string;
  readonly outcome: "success" | "failure";
  readonly summary: string;
  readonly uri?: string;
  /** What the payload hash is taken over. Not stored itself. */
  readonly payload?: Json;
}

export interface ApprovalDraft {
  readonly queue: string;
  readonly title: string;
  readonly message?: string;
  readonly form?: JsonObject;
  readonly assignees: { readonly roles: readonly string[]; readonly permissions: readonly string[] };
  readonly quorum: number;
  readonly allowRequester: boolean;
  readonly expiresMs?: number;
}
