/**
 * Codes of what {@link compileExpr} refuses. They are stable.
 *
 * - `FG501` the text is not an expression
 * - `FG502` a string literal is malformed
 * - `FG503` a number literal is malformed or cannot be held exactly
 * - `FG504` a path starts at an unknown scope or names a field that the scope does not have
 * - `FG505` an unknown function, or the wrong number or kind of arguments
 * - `FG506` a limit is exceeded: length, depth or number of nodes
 * - `FG507` a pattern is malformed, too large, or not a literal
 * - `FG508` an operator of another language (`and`, `=`, `===`)
 * - `FG509` a path is malformed
 */
export type ExprErrorCode =
  | "FG501"
  | "FG502"
  | "FG503"
  | "FG504"
  | "FG505"
  | "FG506"
  | "FG507"
  | "FG508"
  | "FG509";

/** One reason why an expression does not compile. */
export interface ExprError {
  readonly code: ExprErrorCode;
  /** What is wrong and, where one is known, what to write instead. One line, without the position. */
  readonly message: string;
  /** Where it starts in the source, in UTF-16 units from 0. */
  readonly offset: number;
  /** How many UTF-16 units it covers; 0 where something is missing. */
  readonly length: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** An error before its line and column are known. */
export interface SourceProblem {
  readonly code: ExprErrorCode;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

/** Line and column of `offset` in `source`, both from 1. `\n`, `\r\n` and `\r` end a line. */
export function locate(source: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let index = 0; index < offset; index++) {
    const unit = source.charCodeAt(index);
    if (unit === 0x0a || (unit === 0x0d && source.charCodeAt(index + 1) !== 0x0a)) {
      line++;
      start = index + 1;
    }
  }
  return { line, column: offset - start + 1 };
}

/** An error at a place in `source`. */
export function createExprError(source: string, problem: SourceProblem): ExprError {
  return Object.freeze({ ...problem, ...locate(source, problem.offset) });
}

/** Most characters of a line that {@link formatExprError} shows on each side of the error. */
const EXCERPT = 60;

/**
 * The error in words with its position, the line it is on and a marker below it:
 *
 * ```text
 * FG501 expected a value after `>=` at 1:15
 *   $.context.x >=
 *                 ^
 * ```
 */
export function formatExprError(
  source: string,
  error: Pick<ExprError, "message" | "offset" | "length" | "line" | "column"> & { readonly code: string },
): string {
  const start = error.offset - (error.column - 1);
  const rest = source.slice(start);
  const end = rest.search(/[\r\n]/u);
  const whole = end === -1 ? rest : rest.slice(0, end);
  const from = Math.max(0, error.column - 1 - EXCERPT);
  const line = whole.slice(from, error.column - 1 + EXCERPT);
  const caret = error.column - 1 - from;
  const width = Math.max(1, Math.min(error.length, line.length - caret));
  // Tabs stay tabs, so that the marker stands below its character at any tab width.
  const indent = line.slice(0, caret).replaceAll(/[^\t]/gu, " ");
  return `${error.code} ${error.message} at ${error.line}:${error.column}\n  ${line}\n  ${indent}${"^".repeat(width)}`;
}
