import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { ComparisonOperator } from "./ast.ts";
import { equalValues, isInexactPair } from "./equal.ts";
import { includesText } from "./includes-text.ts";
import type { Pattern } from "./pattern.ts";
import { spend, UNKNOWN, unknown } from "./run.ts";
import type { Run, Step, Value } from "./run.ts";
import { typeName } from "./type-name.ts";

type Truth = boolean | typeof UNKNOWN;

/** `== null` and `!= null`: definite for a missing path. */
export function planNullTest(operator: "==" | "!=", operand: Step): Step {
  const equal = operator === "==";
  return (run) => {
    const value = operand(run);
    if (value === UNKNOWN) return UNKNOWN;
    return (value === null || value === undefined) === equal;
  };
}

/** `text matches "pattern"`. */
export function planMatch(left: Step, pattern: Pattern): Step {
  return (run) => {
    const text = left(run);
    if (typeof text !== "string") return mistyped(run, "matches", text, "a string");
    if (text.length > pattern.maxText)
      return unknown(
        run,
        () => `the text is too long for \`matches\`: ${text.length} characters, at most ${pattern.maxText}`,
      );
    if (!spend(run, ((text.length + 1) * pattern.size) >> 1)) return exhausted(run);
    return pattern.test(text);
  };
}

/** A comparison of two values that are needed. */
export function planComparison(
  operator: Exclude<ComparisonOperator, "matches">,
  left: Step,
  right: Step,
): Step {
  const compare = COMPARISONS[operator];
  return (run) => {
    const a = left(run);
    const b = right(run);
    if (a === UNKNOWN || b === UNKNOWN || a === undefined || b === undefined) return UNKNOWN;
    return compare(run, a, b);
  };
}

type OrderOrEquality = "==" | "!=" | "<" | "<=" | ">" | ">=";

export function isOrderOrEquality(operator: string): operator is OrderOrEquality {
  return (
    operator === "==" ||
    operator === "!=" ||
    operator === "<" ||
    operator === "<=" ||
    operator === ">" ||
    operator === ">="
  );
}

/**
 * A comparison with a literal on the right: the same as {@link planComparison}, without the cases that a literal rules
 * out. Most guards are made of these.
 */
export function planLiteralComparison(
  operator: OrderOrEquality,
  left: Step,
  literal: boolean | number | string,
): Step {
  const type = typeof literal;
  const general = COMPARISONS[operator];
  const rest = (run: Run, value: Value): Truth =>
    value === UNKNOWN || value === undefined ? UNKNOWN : general(run, value, literal);
  switch (operator) {
    case "==":
      return (run) => {
        const value = left(run);
        return value === literal
          ? true
          : typeof value === type && type !== "number"
            ? false
            : rest(run, value);
      };
    case "!=":
      return (run) => {
        const value = left(run);
        return value === literal
          ? false
          : typeof value === type && type !== "number"
            ? true
            : rest(run, value);
      };
    default:
      return planLiteralOrdering(operator, left, literal, rest);
  }
}

function planLiteralOrdering(
  operator: Exclude<OrderOrEquality, "==" | "!=">,
  left: Step,
  literal: boolean | number | string,
  rest: (run: Run, value: Value) => Truth,
): Step {
  if (typeof literal !== "number") return (run) => rest(run, left(run));
  switch (operator) {
    case "<":
      return (run) => {
        const value = left(run);
        return typeof value === "number" && value === value ? value < literal : rest(run, value);
      };
    case "<=":
      return (run) => {
        const value = left(run);
        return typeof value === "number" && value === value ? value <= literal : rest(run, value);
      };
    case ">":
      return (run) => {
        const value = left(run);
        return typeof value === "number" && value === value ? value > literal : rest(run, value);
      };
    case ">=":
      return (run) => {
        const value = left(run);
        return typeof value === "number" && value === value ? value >= literal : rest(run, value);
      };
    default:
      return operator satisfies never;
  }
}

const COMPARISONS: {
  readonly [operator in Exclude<ComparisonOperator, "matches">]: (run: Run, a: Json, b: Json) => Truth;
} = {
  "==": equal,
  "!=": (run, a, b) => {
    const same = equal(run, a, b);
    return same === UNKNOWN ? UNKNOWN : !same;
  },
  "<": ordering("<", (a, b) => a < b),
  "<=": ordering("<=", (a, b) => a <= b),
  ">": ordering(">", (a, b) => a > b),
  ">=": ordering(">=", (a, b) => a >= b),
  in: (run, a, b) => isMember(run, a, b),
  contains: (run, a, b) => {
    if (typeof a === "string") return search(run, "contains", a, b, includesText);
    if (Array.isArray(a)) return isMember(run, b, a);
    return mistyped(run, "contains", a, "a string or a list");
  },
  starts_with: (run, a, b) => search(run, "starts_with", a, b, (text, part) => text.startsWith(part)),
  ends_with: (run, a, b) => search(run, "ends_with", a, b, (text, part) => text.endsWith(part)),
};

function equal(run: Run, a: Json, b: Json): Truth {
  const same = equalValues(run, a, b);
  if (same !== UNKNOWN) return same;
  return unknown(run, () => {
    if (run.steps < 0) return EXHAUSTED;
    return typeof a === "number"
      ? INEXACT
      : "the values hold numbers beyond 2^53 - 1, or nest too deep, to compare exactly";
  });
}

function ordering(
  operator: string,
  holds: (a: number | string, b: number | string) => boolean,
): (run: Run, a: Json, b: Json) => Truth {
  return (run, a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      return isInexactPair(a, b) ? unknown(run, () => INEXACT) : holds(a, b);
    }
    if (typeof a === "string" && typeof b === "string") return holds(a, b);
    return unknown(run, () => `\`${operator}\` cannot order ${typeName(a)} and ${typeName(b)}`);
  };
}

/** One equal member decides; otherwise one that cannot be compared leaves it open. */
function isMember(run: Run, value: Json, container: Json): Truth {
  if (Array.isArray(container)) {
    let result: false | typeof UNKNOWN = false;
    for (const item of container as readonly Json[]) {
      if (!spend(run, 1)) return exhausted(run);
      const same = equalValues(run, value, item);
      if (same === true) return true;
      if (same === UNKNOWN) result = UNKNOWN;
    }
    return result === UNKNOWN ? unknown(run, () => (run.steps < 0 ? EXHAUSTED : INEXACT)) : false;
  }
  if (typeof container === "object" && container !== null && typeof value === "string") {
    return Object.hasOwn(container as JsonObject, value);
  }
  return unknown(
    run,
    () => `\`in\` needs a list, or a key and an object, not ${typeName(value)} and ${typeName(container)}`,
  );
}

function search(
  run: Run,
  operator: string,
  text: Json,
  part: Json,
  test: (text: string, part: string) => boolean,
): Truth {
  if (typeof text !== "string") return mistyped(run, operator, text, "a string");
  if (typeof part !== "string") return mistyped(run, operator, part, "a string");
  if (!spend(run, (text.length + part.length) >> 2)) return exhausted(run);
  return test(text, part);
}

const INEXACT = "both numbers are beyond 2^53 - 1 and cannot be compared exactly";
const EXHAUSTED = "the evaluation takes too many steps";

function exhausted(run: Run): typeof UNKNOWN {
  return unknown(run, () => EXHAUSTED);
}

function mistyped(run: Run, operator: string, value: Value, wanted: string): typeof UNKNOWN {
  if (value === UNKNOWN) return UNKNOWN;
  return unknown(run, () => `\`${operator}\` needs ${wanted}, not ${typeName(value)}`);
}
