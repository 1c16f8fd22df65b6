/** Bounds on one expression and on one evaluation of it. All are checked; none can be turned off. */
export interface ExprLimits {
  /** Longest source, in UTF-16 units. */
  readonly maxLength: number;
  /** Deepest nesting of parentheses, lists, calls and unary operators. */
  readonly maxDepth: number;
  /** Most nodes in the syntax tree. */
  readonly maxNodes: number;
  /** Longest pattern of `matches`, in UTF-16 units. */
  readonly maxPatternLength: number;
  /** Largest compiled pattern, in instructions of the matching machine. */
  readonly maxPatternSize: number;
  /** Longest text that `matches` looks at, in UTF-16 units. A longer one makes the match unknown. */
  readonly maxMatchedText: number;
  /**
   * Work of one evaluation. A step is one value visited in a comparison or a search, or sixteen units of text
   * handled. An evaluation that needs more is unknown.
   */
  readonly maxSteps: number;
}

/** The bounds that apply where none are given. A worst case evaluation stays in the order of tens of milliseconds. */
export const DEFAULT_EXPR_LIMITS: ExprLimits = Object.freeze({
  maxLength: 4096,
  maxDepth: 64,
  maxNodes: 1000,
  maxPatternLength: 512,
  maxPatternSize: 2000,
  maxMatchedText: 16_384,
  maxSteps: 100_000,
});
