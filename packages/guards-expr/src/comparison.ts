import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { ComparisonOperator } from "./ast.ts";
import { equalValues, isInexactPair } from "./equal.ts";
import { includesText } from "./includes-text.ts";
import type { Pattern } from "./pattern.ts";
import { spend, UNKNOWN, unknown } from "./run.ts";
import type { OptionalStep, Run, Step, Truth3, Value } from "./run.ts";
import { typeName } from "./type-name.ts";

/** `== null` and `!= null`: definite for a missing path. */
export function planNullTest(operator: "==" | "!=", operand: OptionalStep): Step {
  const equal = operator === "==";
  return (run) => {
    const value = operand(run);
    return value === UNKNOWN ? UNKNOWN : (value === null || value === undefined) === equal;
  };
}

/** `text matches "pattern"`. */
export function planMatch(left: Step, pattern: Pattern): Step {
  return (run) => {
    const text = left(run);
    if (typeof text !== "string") return mistyped(run, "matches", text, "a string");
    if (text.length > pattern.maxText) return unknown(run, () => tooLong(text, pattern));
    return spend(run, (text.length * pattern.size) >> 1) ? pattern.test(text) : UNKNOWN;
  };
}

function tooLong(text: string, pattern: Pattern): string {
  return `the text is too long for \`matches\`: ${text.length} characters, at most ${pattern.maxText}`;
}

/** The comparisons whose right side is a value like any other. */
export type ValueComparison = Exclude<ComparisonOperator, "matches">;

/** A comparison of two values that are needed. */
export function planComparison(operator: ValueComparison, left: Step, right: Step): Step {
  return (run) => {
    const a = left(run);
    const b = right(run);
    return compareValues(run, operator, a, b);
  };
}

/** The outcome of a comparison. */
export function compareValues(run: Run, operator: ValueComparison, a: Value, b: Value): Truth3 {
  return a === UNKNOWN || b === UNKNOWN ? UNKNOWN : COMPARISONS[operator](run, a, b);
}

const COMPARISONS: {
  readonly [operator in ValueComparison]: (run: Run, a: Json, b: Json) => Truth3;
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

function equal(run: Run, a: Json, b: Json): Truth3 {
  const same = equalValues(run, a, b);
  return same === UNKNOWN ? incomparable(run, a) : same;
}

function ordering(
  operator: string,
  holds: (a: number | string, b: number | string) => boolean,
): (run: Run, a: Json, b: Json) => Truth3 {
  return (run, a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      return isInexactPair(a, b) ? unknown(run, () => INEXACT) : holds(a, b);
    }
    if (typeof a === "string" && typeof b === "string") return holds(a, b);
    return unknown(run, () => `\`${operator}\` cannot order ${typeName(a)} and ${typeName(b)}`);
  };
}

/** One equal member decides; otherwise one that cannot be compared leaves it open. */
function isMember(run: Run, value: Json, container: Json): Truth3 {
  if (Array.isArray(container)) {
    let open = false;
    for (const item of container as readonly Json[]) {
      if (!spend(run, 1)) return UNKNOWN;
      const same = equalValues(run, value, item);
      if (same === true) return true;
      if (same === UNKNOWN) open = true;
    }
    return open ? incomparable(run, value) : false;
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
): Truth3 {
  if (typeof text !== "string") return mistyped(run, operator, text, "a string");
  if (typeof part !== "string") return mistyped(run, operator, part, "a string");
  return spend(run, (text.length + part.length) >> 2) ? test(text, part) : UNKNOWN;
}

const INEXACT = "both numbers are beyond 2^53 - 1 and cannot be compared exactly";

/** Of two values neither equality nor inequality is known. Running out of steps has been noted already, and stays. */
function incomparable(run: Run, value: Json): typeof UNKNOWN {
  return unknown(run, () =>
    typeof value === "number"
      ? INEXACT
      : "the values hold numbers beyond 2^53 - 1, or nest too deep, to compare exactly",
  );
}

/** Of a value that is unknown the reason has been noted already, and stays. */
function mistyped(run: Run, operator: string, value: Value, wanted: string): typeof UNKNOWN {
  return unknown(run, () => `\`${operator}\` needs ${wanted}, not ${typeName(value)}`);
}
