import { equalJson } from "@mcp-flowgate/core";
import type { Json } from "@mcp-flowgate/core";
import type { BinaryOperator } from "./ast.ts";
import type { Inferred } from "./infer.ts";
import { showValue } from "./show-value.ts";

/** The outcome of a comparison that is the same for all values that its operands can have. */
export interface Foregone {
  readonly holds: boolean | "unknown";
  /** In words. */
  readonly why: string;
}

/** Whether `left operator right` has only one outcome, by what is known about both; undefined where it is open. */
export function judgeComparison(
  operator: BinaryOperator,
  left: Inferred,
  right: Inferred,
): Foregone | undefined {
  if (left.kinds.size === 0 || right.kinds.size === 0) return undefined;
  switch (operator) {
    case "==":
    case "!=": {
      const why = whyNeverEqual(left, right);
      return why === undefined ? undefined : { holds: operator === "!=", why };
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return judgeOrder(operator, left, right);
    default:
      return undefined;
  }
}

function whyNeverEqual(left: Inferred, right: Inferred): string | undefined {
  if (![...left.kinds].some((kind) => right.kinds.has(kind))) return "the two are of different types";
  if (
    left.values !== undefined &&
    right.values !== undefined &&
    left.values.length * right.values.length <= MAX_PAIRS
  ) {
    const { values } = right;
    const common = left.values.some((value) => values.some((other) => equalJson(value, other)));
    if (!common)
      return `the only values are ${listValues(left.values.length >= values.length ? left.values : values)}`;
  }
  const [low, high] = [range(left), range(right)];
  if (onlyNumbers(left) && onlyNumbers(right) && (low.maximum < high.minimum || high.maximum < low.minimum)) {
    return `the range is ${rangeText(isPoint(low) ? high : low)}`;
  }
  return undefined;
}

function judgeOrder(
  operator: "<" | "<=" | ">" | ">=",
  left: Inferred,
  right: Inferred,
): Foregone | undefined {
  const comparable = (["number", "string"] as const).some(
    (kind) => left.kinds.has(kind) && right.kinds.has(kind),
  );
  if (!comparable) return { holds: "unknown", why: "a number and a string have no order" };
  if (!onlyNumbers(left) || !onlyNumbers(right)) return undefined;
  const [a, b] = [range(left), range(right)];
  const why = `the range is ${rangeText(isPoint(a) ? b : a)}`;
  const [low, high] = operator === "<" || operator === "<=" ? [a, b] : [b, a];
  const strict = operator === "<" || operator === ">";
  if (strict ? low.maximum < high.minimum : low.maximum <= high.minimum) return { holds: true, why };
  if (strict ? low.minimum >= high.maximum : low.minimum > high.maximum) return { holds: false, why };
  return undefined;
}

/** More pairs of listed values than these are not worth the time of comparing them. */
const MAX_PAIRS = 10_000;

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

function range({ values, minimum, maximum }: Inferred): Range {
  if (values === undefined) return { minimum, maximum };
  const numbers = values.filter((value): value is number => typeof value === "number");
  // Not by spreading: a schema may list more values than a call can have arguments.
  return {
    minimum: numbers.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    maximum: numbers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  };
}

function onlyNumbers({ kinds }: Inferred): boolean {
  return kinds.size === 1 && kinds.has("number");
}

function isPoint({ minimum, maximum }: Range): boolean {
  return minimum === maximum;
}

function rangeText({ minimum, maximum }: Range): string {
  if (minimum === Number.NEGATIVE_INFINITY) return `up to ${maximum}`;
  return maximum === Number.POSITIVE_INFINITY ? `from ${minimum}` : `${minimum} to ${maximum}`;
}

const MAX_LISTED = 6;

function listValues(values: readonly Json[]): string {
  const shown = values.slice(0, MAX_LISTED).map(showValue).join(", ");
  return values.length > MAX_LISTED ? `${shown}, …` : shown;
}
