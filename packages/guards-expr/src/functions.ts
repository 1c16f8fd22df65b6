import type { Json } from "@mcp-flowgate/core";
import type { FunctionName } from "./ast.ts";
import { parseDate } from "./date.ts";
import { isInexact } from "./equal.ts";
import { spend, textSteps, UNKNOWN, unknown } from "./run.ts";
import type { Run, Step, Value } from "./run.ts";
import { typeName } from "./type-name.ts";

/** A call whose arguments are all needed. */
export function planCall(name: StrictFunction, args: readonly Step[]): Step {
  const apply = FUNCTIONS[name];
  return (run) => {
    const values: Json[] = [];
    for (const arg of args) {
      const value = arg(run);
      if (value === UNKNOWN) return UNKNOWN;
      values.push(value);
    }
    return apply(run, values[0] as Json, values);
  };
}

/** The functions whose arguments must all be there. */
export type StrictFunction = Exclude<FunctionName, "exists" | "default">;

type Apply = (run: Run, first: Json, all: readonly Json[]) => Value;

const FUNCTIONS: { readonly [name in StrictFunction]: Apply } = {
  abs: (run, value) =>
    typeof value === "number" ? Math.abs(value) : mistyped(run, "abs", "a number", value),
  date: (run, value) => {
    if (typeof value === "number") return value;
    if (typeof value !== "string") return mistyped(run, "date", "a string", value);
    return (
      parseDate(value) ??
      unknown(run, () => "`date` needs a date, or a date-time with its offset, by RFC 3339")
    );
  },
  lower: (run, value) => changeCase(run, "lower", value, (text) => text.toLowerCase()),
  upper: (run, value) => changeCase(run, "upper", value, (text) => text.toUpperCase()),
  max: (run, first, all) => extreme(run, "max", first, all, (a, b) => Math.max(a, b)),
  min: (run, first, all) => extreme(run, "min", first, all, (a, b) => Math.min(a, b)),
  size: (run, value) => {
    if (typeof value === "string") return spend(run, textSteps(value)) ? countCharacters(value) : UNKNOWN;
    if (Array.isArray(value)) return value.length;
    if (typeof value === "object" && value !== null) {
      const count = Object.keys(value).length;
      return spend(run, count) ? count : UNKNOWN;
    }
    return mistyped(run, "size", "a string, a list or an object", value);
  },
};

function changeCase(run: Run, name: string, value: Json, change: (text: string) => string): Value {
  if (typeof value !== "string") return mistyped(run, name, "a string", value);
  return spend(run, textSteps(value)) ? change(value) : UNKNOWN;
}

/** Of the arguments, or of the members of the only argument where that is a list. */
function extreme(
  run: Run,
  name: string,
  first: Json,
  all: readonly Json[],
  choose: (a: number, b: number) => number,
): Value {
  const numbers: readonly Json[] = all.length === 1 && Array.isArray(first) ? first : all;
  if (!spend(run, numbers.length)) return UNKNOWN;
  let result: number | undefined;
  let inexact = 0;
  for (const value of numbers) {
    if (typeof value !== "number") return mistyped(run, name, "numbers", value);
    if (isInexact(value)) inexact++;
    result = result === undefined ? value : choose(result, value);
  }
  if (result === undefined) return unknown(run, () => `\`${name}\` of an empty list`);
  if (inexact > 1 || Number.isNaN(result))
    return unknown(run, () => "two numbers are beyond 2^53 - 1 and cannot be compared exactly");
  return result;
}

/** Characters (code points) of a text; a lone surrogate counts as one. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--;
      index++;
    }
  }
  return count;
}

function mistyped(run: Run, name: string, wanted: string, value: Json): typeof UNKNOWN {
  return unknown(run, () => `\`${name}\` needs ${wanted}, not ${typeName(value)}`);
}
