import type { JsonObject } from "@mcp-flowgate/core";
import { compileExpr } from "./compile-expr.ts";
import type { CompiledExpr } from "./compile-expr.ts";
import type { ScopeRoot } from "./scope.ts";

/** What is known about the values that an expression will read. */
export interface CheckEnvironment {
  /** JSON Schema of `$.workflow.input`. */
  readonly input?: JsonObject;
  /** JSON Schema of `$.arguments`. */
  readonly arguments?: JsonObject;
  /** JSON Schema of `$.context`, from the initial context and the output mappings. */
  readonly context?: JsonObject;
  /** JSON Schema of `$.output`. */
  readonly output?: JsonObject;
  /** The scopes that can be read here; all where left out. */
  readonly scopes?: readonly ScopeRoot[];
}

/** Something about an expression that compiles, or does not, that its author should know. */
export interface ExprFinding {
  readonly code: string;
  readonly severity: "error" | "warning" | "notice";
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

/** Checks an expression against what is known about the values that it reads. */
export function checkExpr(
  expr: string | CompiledExpr,
  _environment: CheckEnvironment = {},
): readonly ExprFinding[] {
  if (typeof expr !== "string") return [];
  const compiled = compileExpr(expr);
  return compiled.ok ? [] : compiled.error.map((error) => ({ ...error, severity: "error" as const }));
}
