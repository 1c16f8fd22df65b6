import type { Json } from "@mcp-flowgate/core";
import { planArithmetic, planNegation } from "./arithmetic.ts";
import type { BinaryNode, CallNode, ExprNode, ListNode, PathNode } from "./ast.ts";
import { planComparison, planMatch, planNullTest } from "./comparison.ts";
import { planCall } from "./functions.ts";
import { hasLiteralForm, planLiteralComparison } from "./literal-comparison.ts";
import { planAnd, planNot, planOr } from "./logic.ts";
import type { Pattern } from "./pattern.ts";
import { compileReader, noteRead, planRead } from "./read.ts";
import { UNKNOWN, unknown } from "./run.ts";
import type { OptionalStep, Step } from "./run.ts";

/** Patterns of the `matches` nodes of a tree, compiled beforehand. */
export type Patterns = ReadonlyMap<BinaryNode, Pattern>;

/**
 * Compiles a tree into one closure. The closures hold no state of an evaluation: that is all in its {@link Run}.
 * A missing path is unknown here; the three places that accept one (`exists`, `default`, a comparison with `null`)
 * read it themselves.
 */
export function planExpr(node: ExprNode, patterns: Patterns): Step {
  switch (node.kind) {
    case "literal": {
      const value = node.value;
      return () => value;
    }
    case "path":
      return planRequired(node);
    case "list":
      return planList(node, patterns);
    case "unary": {
      const operand = planExpr(node.operand, patterns);
      return node.operator === "!" ? planNot(operand) : planNegation(operand);
    }
    case "binary":
      return planBinary(node, patterns);
    case "call":
      return planFunction(node, patterns);
    default:
      return node satisfies never;
  }
}

function planRequired(node: PathNode): Step {
  const read = compileReader(node);
  const path = node.text;
  return (run) => {
    const value = read(run.scope);
    if (run.trace !== undefined) noteRead(run.trace, path, value);
    return value === undefined ? unknown(run, () => `${path} is missing`) : value;
  };
}

function planList(node: ListNode, patterns: Patterns): Step {
  const literals = node.items.flatMap((item) => (item.kind === "literal" ? [item.value] : []));
  if (literals.length === node.items.length) {
    Object.freeze(literals);
    return () => literals;
  }
  const items = node.items.map((item) => planExpr(item, patterns));
  return (run) => {
    const values: Json[] = [];
    for (const item of items) {
      const value = item(run);
      if (value === UNKNOWN) return UNKNOWN;
      values.push(value);
    }
    return values;
  };
}

function planBinary(node: BinaryNode, patterns: Patterns): Step {
  const { operator } = node;
  if ((operator === "==" || operator === "!=") && (isNull(node.left) || isNull(node.right))) {
    const other = isNull(node.left) ? node.right : node.left;
    return planNullTest(operator, planOptional(other, patterns));
  }
  const left = planExpr(node.left, patterns);
  if (operator === "matches") {
    const pattern = patterns.get(node);
    return pattern === undefined ? () => UNKNOWN : planMatch(left, pattern);
  }
  if (node.right.kind === "literal" && hasLiteralForm(operator)) {
    return planLiteralComparison(operator, left, node.right.value);
  }
  const right = planExpr(node.right, patterns);
  switch (operator) {
    case "&&":
      return planAnd(left, right);
    case "||":
      return planOr(left, right);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return planArithmetic(operator, left, right);
    default:
      return planComparison(operator, left, right);
  }
}

function planFunction(node: CallNode, patterns: Patterns): Step {
  // The parser has seen to it that there are as many arguments as the function takes.
  const [first, second] = node.args as readonly [ExprNode, ExprNode];
  switch (node.name) {
    case "exists": {
      const read = planOptional(first, patterns);
      return (run) => read(run) !== undefined;
    }
    case "default": {
      const read = planOptional(first, patterns);
      const otherwise = planExpr(second, patterns);
      return (run) => {
        const value = read(run);
        return value === undefined ? otherwise(run) : value;
      };
    }
    default:
      return planCall(
        node.name,
        node.args.map((arg) => planExpr(arg, patterns)),
      );
  }
}

/** A part that may be missing, which `undefined` says. Only a path can be. */
function planOptional(node: ExprNode, patterns: Patterns): OptionalStep {
  return node.kind === "path" ? planRead(node) : planExpr(node, patterns);
}

function isNull(node: ExprNode): boolean {
  return node.kind === "literal" && node.value === null;
}
