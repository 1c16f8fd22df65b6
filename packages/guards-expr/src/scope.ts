import type { Json, Principal } from "@mcp-flowgate/core";

/** What an expression or a template can read. */
export interface Scope {
  /** `$.arguments`: of the call that is being judged. Left out where there is no call. */
  readonly arguments?: Json;
  /** `$.context` of the instance. */
  readonly context: Json;
  /** `$.workflow`. */
  readonly workflow: WorkflowScope;
  /** `$.principal`: who calls. Only `subject`, `roles`, `permissions` and `tenant` can be read. */
  readonly principal: Principal;
  /** `$.output` of the executor that has just run. Left out before it ran. */
  readonly output?: Json;
}

/** `$.workflow` of an instance. */
export interface WorkflowScope {
  readonly id: string;
  readonly input: Json;
  readonly state: string;
  readonly version: number;
  /** Milliseconds since the epoch, as `date()` gives them. */
  readonly startedAt: number;
}

/** The scopes that a path can start at. `$.input` is read as `$.workflow.input`. */
export type ScopeRoot = "arguments" | "context" | "workflow" | "principal" | "output";

export const SCOPE_ROOTS: readonly ScopeRoot[] = ["arguments", "context", "workflow", "principal", "output"];

/** Scopes of which only these fields can be read, and which cannot be read as a whole. */
export const SCOPE_FIELDS: ReadonlyMap<ScopeRoot, readonly string[]> = new Map([
  ["workflow", ["input", "id", "state", "version", "startedAt"]],
  ["principal", ["subject", "roles", "permissions", "tenant"]],
]);
