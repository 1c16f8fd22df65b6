import type { Json, JsonObject } from "../json.ts";
import type { GuardIr } from "./guard.ts";

/**
 * What a repeated call does to the world. `read`: nothing. `idempotent`: the other side honours the key.
 * `once`: each call counts. `reconcile`: `once`, with a probe that can tell afterwards.
 */
export type EffectClass = "read" | "idempotent" | "once" | "reconcile";

interface ExecutorBase {
  readonly effect: EffectClass;
  /** False where `effect` is only the default of the kind and the author said nothing. */
  readonly effectDeclared: boolean;
  /** A key template of the author (`{workflowId} {transition} {correlationId}`); left out, the engine's own key function is used. */
  readonly idempotencyKey?: string;
  /** Of `reconcile`: what tells afterwards whether the call took effect. */
  readonly probe?: ProbeIr;
}

/**
 * Asks the other side what became of a call. Its templates read what the call's did, and its key as
 * `$.arguments.idempotencyKey`. Without `executed` and `notExecuted` its output says it: `{ outcome, result? }`.
 */
export interface ProbeIr {
  /** `cli`, `http` or `mcp`, of the effect class `read`. */
  readonly executor: ExecutorIr;
  readonly executed?: GuardIr;
  readonly notExecuted?: GuardIr;
  /** How often it is asked about one uncertain attempt before a person is. */
  readonly attempts: number;
  /** The wait before it is asked; doubled each time. */
  readonly delayMs: number;
}

/** Returns its arguments. */
export interface NoopExecutorIr extends ExecutorBase {
  readonly kind: "noop";
}

/** Runs a command without a shell. `args`, `env` values and `stdin` are value templates. */
export interface CliExecutorIr extends ExecutorBase {
  readonly kind: "cli";
  /** A `cli` connection; its command and leading arguments come first. */
  readonly connection?: string;
  readonly command?: string;
  readonly args: readonly Json[];
  readonly env: { readonly [name: string]: Json };
  readonly stdin?: Json;
  readonly treatNonZeroAsFailure: boolean;
  readonly maxOutputBytes: number;
  readonly allowDashArgs: boolean;
}

/** One HTTP request. `path` has `{var}` segments; `query`, `headers` and `body` are value templates. */
export interface HttpExecutorIr extends ExecutorBase {
  readonly kind: "http";
  readonly connection: string;
  readonly method: string;
  readonly path: string;
  readonly query: { readonly [name: string]: Json };
  readonly headers: { readonly [name: string]: Json };
  readonly body?: Json;
  readonly bodyFormat: "json" | "form" | "text";
  /** Headers and a body that come out as null are left out, as query parameters always are. */
  readonly omitNull?: boolean;
  readonly maxResponseBytes: number;
}

/** One `tools/call` of a downstream MCP server. Without `map` the arguments go as they are. */
export interface McpExecutorIr extends ExecutorBase {
  readonly kind: "mcp";
  readonly connection: string;
  readonly tool: string;
  readonly map?: JsonObject;
  readonly there?: ThereVerb;
}

/**
 * What an executor does with an instance of a workflow at another gateway, where `tool` is that workflow: begin one, take
 * a step of it, end it, or look at it. Left out, the tool is called and its end is the result.
 */
export type ThereVerb = "start" | "submit" | "cancel" | "get" | "explain";

/** Asks people. See engine.md section 7 for gate and notify. */
export interface HumanExecutorIr extends ExecutorBase {
  readonly kind: "human";
  readonly queue: string;
  readonly title?: Json;
  readonly message?: Json;
  /** JSON Schema of the decision's input. */
  readonly form?: JsonObject;
  readonly assignees: { readonly roles: readonly string[]; readonly permissions: readonly string[] };
  /** Approvals by distinct people that are needed. */
  readonly quorum: number;
  readonly expiresMs?: number;
  /** Whether the one who asked may decide. Default false. */
  readonly allowRequester: boolean;
  readonly onApprove?: ExecutorIr;
  readonly onReject?: { readonly target: string };
}

/** A durable child instance whose output is this step's output. */
export interface WorkflowExecutorIr extends ExecutorBase {
  readonly kind: "workflow";
  readonly definitionId: string;
  readonly input?: Json;
  readonly timeoutMs?: number;
}

export type ExecutorIr =
  | NoopExecutorIr
  | CliExecutorIr
  | HttpExecutorIr
  | McpExecutorIr
  | HumanExecutorIr
  | WorkflowExecutorIr;

export type ExecutorKind = ExecutorIr["kind"];
