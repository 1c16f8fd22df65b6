import type { ExprError, ExprErrorCode } from "./expr-error.ts";

/** One reason why a guard does not compile. `FG510`: the guard is malformed. Else the code of its expression's error. */
export interface GuardError {
  readonly code: ExprErrorCode | "FG510";
  readonly message: string;
  /** JSON pointer into the guard: `/guards/0/expr`. */
  readonly pointer: string;
  /** Where in the expression, for an error of an expression. */
  readonly at?: ExprError;
}
