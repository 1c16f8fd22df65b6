import { createRecord, isJsonObject } from "@mcp-flowgate/core";
import type { Json } from "@mcp-flowgate/core";
import { countCharacters } from "./functions.ts";
import { isWholePath, textOf } from "./template-string.ts";
import { broken, inexactNumber, MISSING } from "./template-run.ts";
import type { Resolve, TemplateRun } from "./template-run.ts";
import { typeName } from "./type-name.ts";

/** The longest text that `concat` gives, in UTF-16 units. */
const MAX_TEXT = 4_194_304;

type Apply = (
  run: TemplateRun,
  operands: readonly Resolve[],
  fail: (message: string) => typeof MISSING,
) => Json | typeof MISSING;

const OPERATORS: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ["add", arithmetic((a, b) => a + b)],
  ["subtract", arithmetic((a, b) => a - b)],
  ["multiply", arithmetic((a, b) => a * b)],
  ["divide", arithmetic((a, b) => (b === 0 ? null : a / b))],
  ["concat", concat],
  ["append", append],
  ["merge", merge],
  ["coalesce", coalesce],
  ["length", length],
]);

/** The keys that make a one-key object an operator. */
export const OPERATOR_NAMES: ReadonlySet<string> = new Set([...OPERATORS.keys(), "set"]);

/** Operators for which a missing path counts as null. */
export const LENIENT_OPERATORS: ReadonlySet<string> = new Set([
  "add",
  "subtract",
  "multiply",
  "divide",
  "merge",
]);

/** What an operator needs, in words, and whether a literal can be it. */
function needsOf(name: string, literal: Json): { readonly words: string; readonly met: boolean } {
  const kind = literal === null ? "null" : Array.isArray(literal) ? "list" : typeof literal;
  switch (name) {
    case "append":
      return { words: "needs a list first", met: kind === "list" || kind === "null" };
    case "merge":
      return { words: "needs objects", met: kind === "object" || kind === "null" };
    case "length":
      return {
        words: "needs a string, a list or an object",
        met: ["string", "list", "object"].includes(kind),
      };
    default:
      return { words: "needs numbers", met: kind === "number" || kind === "null" };
  }
}

/**
 * Why an operand that is written out can never be right for the operator, or undefined. A path or another operator may
 * give anything.
 */
export function literalProblem(name: string, operand: Json, index: number): string | undefined {
  if (name === "concat" || name === "coalesce" || (name === "append" && index > 0)) return undefined;
  if (typeof operand === "string" && isWholePath(operand)) return undefined;
  if (isJsonObject(operand)) {
    const [only, ...others] = Object.keys(operand);
    if (only !== undefined && others.length === 0 && OPERATOR_NAMES.has(only)) return undefined;
  }
  const { words, met } = needsOf(name, operand);
  return met ? undefined : `\`${name}\` ${words}, not ${typeName(operand)}`;
}

/** Plans an operator over its operands. */
export function planOperator(name: string, operands: readonly Resolve[], pointer: string): Resolve {
  const apply = OPERATORS.get(name);
  if (apply === undefined) return () => MISSING;
  return (run) => apply(run, operands, (message) => broken(run, pointer, name, `\`${name}\`: ${message}`));
}

/** Missing and null count as 0; division by zero gives null. */
function arithmetic(step: (a: number, b: number) => number | null): Apply {
  return (run, operands, fail) => {
    let result: number | null | undefined;
    for (const operand of operands) {
      const value = operand(run) ?? 0;
      if (value === MISSING) return MISSING;
      if (typeof value !== "number") return fail(`needs numbers, not ${typeName(value)}`);
      const inexact = inexactNumber(value);
      if (inexact !== undefined) return fail(inexact);
      result = result === undefined ? value : step(result ?? 0, value);
      if (result === null) return null;
      if (!(Math.abs(result) <= Number.MAX_SAFE_INTEGER))
        return fail("the result is beyond 2^53 - 1 and cannot be held exactly");
    }
    return result ?? 0;
  };
}

function concat(
  run: TemplateRun,
  operands: readonly Resolve[],
  fail: (message: string) => typeof MISSING,
): Json | typeof MISSING {
  let text = "";
  let missing = false;
  for (const operand of operands) {
    const value = operand(run);
    if (value === MISSING) missing = true;
    else if (text.length <= MAX_TEXT) text += textOf(value);
  }
  if (missing) return MISSING;
  return text.length <= MAX_TEXT ? text : fail(`the text grows beyond ${MAX_TEXT} characters`);
}

/** The first operand is the list; missing and null count as an empty one. */
function append(
  run: TemplateRun,
  operands: readonly Resolve[],
  fail: (message: string) => typeof MISSING,
): Json | typeof MISSING {
  const [first, ...rest] = operands;
  const list = first === undefined ? null : first(run);
  if (list === MISSING) return MISSING;
  if (list !== null && !Array.isArray(list)) return fail(`needs a list first, not ${typeName(list)}`);
  const values: Json[] = list === null ? [] : [...(list as readonly Json[])];
  for (const operand of rest) {
    const value = operand(run);
    if (value === MISSING) return MISSING;
    values.push(value);
  }
  return values;
}

/** Later keys win, one level deep; missing and null count as an empty object. */
function merge(
  run: TemplateRun,
  operands: readonly Resolve[],
  fail: (message: string) => typeof MISSING,
): Json | typeof MISSING {
  const record = createRecord<Json>();
  for (const operand of operands) {
    const value = operand(run);
    if (value === MISSING) return MISSING;
    if (value === null) continue;
    if (!isJsonObject(value)) return fail(`needs objects, not ${typeName(value)}`);
    for (const key of Object.keys(value)) record[key] = value[key] as Json;
  }
  return record;
}

/** The first operand that is there and not null; null if one of them is null; else unresolved. */
function coalesce(run: TemplateRun, operands: readonly Resolve[]): Json | typeof MISSING {
  const before = run.unresolved.length;
  const brokenBefore = run.broken;
  let sawNull = false;
  for (const operand of operands) {
    const value = operand(run);
    if (value === null) sawNull = true;
    else if (value !== MISSING) {
      run.unresolved.length = before;
      return value;
    }
    if (run.broken > brokenBefore) return MISSING;
  }
  if (!sawNull) return MISSING;
  run.unresolved.length = before;
  return null;
}

function length(
  run: TemplateRun,
  operands: readonly Resolve[],
  fail: (message: string) => typeof MISSING,
): Json | typeof MISSING {
  const value = operands[0]?.(run) ?? null;
  if (value === MISSING) return MISSING;
  if (typeof value === "string") return countCharacters(value);
  if (Array.isArray(value)) return value.length;
  if (isJsonObject(value)) return Object.keys(value).length;
  return fail(`needs a string, a list or an object, not ${typeName(value)}`);
}
