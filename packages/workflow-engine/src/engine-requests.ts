import type {
  ApprovalStatus,
  CallerCredentials,
  Definition,
  ExecutorContext,
  InstanceStatus,
  Json,
  JsonObject,
  Principal,
} from "@mcp-flowgate/core";
import type { DecisionRequest } from "./decide.ts";

/** What every call that may run something carries. */
export interface CallContext {
  readonly principal: Principal;
  /** For steps that this call runs itself, with this principal's authority. Never written, and gone when it is over. */
  readonly credentials?: CallerCredentials;
  readonly correlationId: string;
  /** W3C trace context of the caller. */
  readonly traceparent?: string;
  readonly onProgress?: NonNullable<ExecutorContext["onProgress"]>;
  /** Of the caller. Ends what only reads; any other effect that has begun is finished, and `get` shows its end. */
  readonly signal?: AbortSignal;
}

export interface StartRequest extends CallContext {
  readonly definition: Definition;
  readonly input: JsonObject;
  /**
   * Takes this first step in the same commit as the start. Where it is refused, nothing is started. The capability
   * form: `{ transition: "run", arguments: input }`.
   */
  readonly submit?: { readonly transition: string; readonly arguments: JsonObject };
  /** The same key, definition and principal within 24 hours give the first instance. */
  readonly requestKey?: string;
}

export interface SubmitRequest extends CallContext {
  readonly workflowId: string;
  readonly expectedVersion: number;
  readonly transition: string;
  readonly arguments: JsonObject;
  /** An operator's call, which may take `system` transitions. Never set it for a call of an MCP client. */
  readonly admin?: boolean;
}

export interface ExplainRequest {
  readonly workflowId: string;
  /** One transition; left out, all of the state. */
  readonly transition?: string;
  /** What would be sent; left out, guards and schema are judged without arguments. */
  readonly arguments?: JsonObject;
  readonly principal: Principal;
}

export interface DecideRequest extends DecisionRequest {
  readonly approvalId: string;
  readonly correlationId: string;
}

export interface CancelRequest {
  readonly workflowId: string;
  readonly reason: string;
  readonly principal: Principal;
  readonly correlationId: string;
}

export interface ResolveRequest {
  readonly workflowId: string;
  readonly outcome: "executed" | "not_executed" | "abandon";
  /** Of `executed`: what the executor would have given. Left out, what was kept of its result. */
  readonly result?: Json;
  readonly reason: string;
  readonly principal: Principal;
  readonly correlationId: string;
}

export interface MigrateRequest {
  readonly workflowId: string;
  /** The hash of a definition of the same workflow, or `current` for the one that new instances start on. */
  readonly to: string;
  /** States of the old definition and what they are in the new one; a state that is not named keeps its name. */
  readonly map: { readonly [state: string]: string };
  readonly reason: string;
  readonly principal: Principal;
  readonly correlationId: string;
}

export interface ListRequest {
  readonly principal: Principal;
  /** Default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface ListInstances extends ListRequest {
  readonly definitionId?: string;
  readonly statuses?: readonly InstanceStatus[];
}

export interface ListApprovals extends ListRequest {
  readonly queue?: string;
  readonly workflowId?: string;
  /** Default the pending ones. */
  readonly statuses?: readonly ApprovalStatus[];
}
