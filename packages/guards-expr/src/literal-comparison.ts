import { compareValues } from "./comparison.ts";
import type { Step } from "./run.ts";

/** The comparisons that have a quicker form where a literal stands on the right, as it does in most guards. */
export type LiteralComparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

const LITERAL_COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

export function hasLiteralForm(operator: string): operator is LiteralComparison {
  return LITERAL_COMPARISONS.has(operator);
}

/**
 * A comparison with a literal on the right. What is decided by two numbers, or by one look, is decided at once; the rest
 * is compared as any two values are.
 *
 * A literal number is exact, so two numbers have an order unless the left one is not a number at all. JSON has none, but
 * data can come from elsewhere: hence `value === value`.
 */
export function planLiteralComparison(
  operator: LiteralComparison,
  left: Step,
  literal: null | boolean | number | string,
): Step {
  switch (operator) {
    case "==":
      return (run) => {
        const value = left(run);
        return value === literal ? true : compareValues(run, "==", value, literal);
      };
    case "!=":
      return (run) => {
        const value = left(run);
        return value === literal ? false : compareValues(run, "!=", value, literal);
      };
    default:
      return typeof literal === "number"
        ? planOrder(operator, left, literal)
        : (run) => compareValues(run, operator, left(run), literal);
  }
}

function planOrder(operator: "<" | "<=" | ">" | ">=", left: Step, literal: number): Step {
  switch (operator) {
    case "<":
      return (run) => {
        const value = left(run);
        return isOrdered(value) ? value < literal : compareValues(run, "<", value, literal);
      };
    case "<=":
      return (run) => {
        const value = left(run);
        return isOrdered(value) ? value <= literal : compareValues(run, "<=", value, literal);
      };
    case ">":
      return (run) => {
        const value = left(run);
        return isOrdered(value) ? value > literal : compareValues(run, ">", value, literal);
      };
    case ">=":
      return (run) => {
        const value = left(run);
        return isOrdered(value) ? value >= literal : compareValues(run, ">=", value, literal);
      };
    default:
      return operator satisfies never;
  }
}

function isOrdered(value: unknown): value is number {
  return typeof value === "number" && value === value;
}
