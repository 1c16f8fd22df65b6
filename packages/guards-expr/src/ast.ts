import type { ScopeRoot } from "./scope.ts";

/** Where a node stands in its source, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface LiteralNode extends Span {
  readonly kind: "literal";
  readonly value: null | boolean | number | string;
}

export interface PathNode extends Span {
  readonly kind: "path";
  readonly root: ScopeRoot;
  /** Below the root. `items.0` and `items[0]` both give `"0"`. */
  readonly segments: readonly string[];
  /** The path as reads and messages show it: `$.context.items[0].name`. */
  readonly text: string;
}

export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly ExprNode[];
}

export type UnaryOperator = "!" | "-";

export interface UnaryNode extends Span {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: ExprNode;
}

export type ComparisonOperator =
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "starts_with"
  | "ends_with"
  | "contains"
  | "matches";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

export type LogicalOperator = "&&" | "||";

export type BinaryOperator = LogicalOperator | ComparisonOperator | ArithmeticOperator;

export interface BinaryNode extends Span {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: ExprNode;
  readonly right: ExprNode;
}

export type FunctionName = "abs" | "date" | "default" | "exists" | "lower" | "max" | "min" | "size" | "upper";

export interface CallNode extends Span {
  readonly kind: "call";
  readonly name: FunctionName;
  readonly args: readonly ExprNode[];
}

/** A frozen node of the syntax tree of an expression. */
export type ExprNode = LiteralNode | PathNode | ListNode | UnaryNode | BinaryNode | CallNode;

/** Number of arguments that each function takes. */
export const FUNCTION_ARITY: ReadonlyMap<FunctionName, { readonly min: number; readonly max: number }> =
  new Map([
    ["abs", { min: 1, max: 1 }],
    ["date", { min: 1, max: 1 }],
    ["default", { min: 2, max: 2 }],
    ["exists", { min: 1, max: 1 }],
    ["lower", { min: 1, max: 1 }],
    ["max", { min: 1, max: 32 }],
    ["min", { min: 1, max: 32 }],
    ["size", { min: 1, max: 1 }],
    ["upper", { min: 1, max: 1 }],
  ]);

/** Binding strength of each binary operator; comparisons do not chain. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ["==", 3],
  ["!=", 3],
  ["<", 3],
  ["<=", 3],
  [">", 3],
  [">=", 3],
  ["in", 3],
  ["starts_with", 3],
  ["ends_with", 3],
  ["contains", 3],
  ["matches", 3],
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 5],
]);

export const COMPARISON = 3;
export const WORD_OPERATORS: ReadonlySet<string> = new Set([
  "in",
  "starts_with",
  "ends_with",
  "contains",
  "matches",
]);
