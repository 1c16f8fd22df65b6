/**
 * Bounds on one expression and on one evaluation of it. All are checked and none can be turned off: those on the syntax
 * tree, which is walked recursively, have a ceiling, and a bound above it counts as the ceiling.
 */
export interface ExprLimits {
  /** Longest source, in UTF-16 units. */
  readonly maxLength: number;
  /** Deepest nesting of parentheses, lists, calls and unary operators. At most 256. */
  readonly maxDepth: number;
  /** Most nodes in the syntax tree. At most 2,000. */
  readonly maxNodes: number;
  /** Longest pattern of `matches`, in UTF-16 units. */
  readonly maxPatternLength: number;
  /** Largest compiled pattern, in instructions of the matching machine. */
  readonly maxPatternSize: number;
  /** Longest text that `matches` looks at, in UTF-16 units. A longer one makes the match unknown. */
  readonly maxMatchedText: number;
  /**
   * Work of one evaluation. A step is one value visited, sixteen units of text handled, four units searched, or one unit
   * of text against two instructions of a pattern. An evaluation that needs more is unknown.
   */
  readonly maxSteps: number;
}

/**
 * The bounds that apply where none are given. They keep the worst evaluation, whatever the expression and the data are,
 * in the order of a tenth of a second; an ordinary one takes well below a microsecond.
 */
export const DEFAULT_EXPR_LIMITS: ExprLimits = Object.freeze({
  maxLength: 4096,
  maxDepth: 64,
  maxNodes: 1000,
  maxPatternLength: 512,
  maxPatternSize: 1000,
  maxMatchedText: 65_536,
  maxSteps: 250_000,
});

/** The limits that hold where `given` are asked for. */
export function toLimits(given: Partial<ExprLimits>): ExprLimits {
  const limits = { ...DEFAULT_EXPR_LIMITS, ...given };
  return { ...limits, maxDepth: Math.min(limits.maxDepth, 256), maxNodes: Math.min(limits.maxNodes, 2000) };
}
