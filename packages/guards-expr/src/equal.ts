import type { Json, JsonObject } from "@mcp-flowgate/core";
import { spend, UNKNOWN } from "./run.ts";
import type { Run, Truth3 } from "./run.ts";

/** Values nested deeper than this are not compared. */
const MAX_DEPTH = 512;

/**
 * Whether two present values are the same, at any depth; values of different types are not.
 * Unknown for two numbers beyond 2^53 - 1, which different integers may have been rounded to, for what is not a
 * number at all, and where the values nest too deep or the steps run out.
 */
export function equalValues(run: Run, left: Json, right: Json, depth = 0): Truth3 {
  if (typeof left === "number" && typeof right === "number") {
    return isInexactPair(left, right) ? UNKNOWN : left === right;
  }
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return left === right;
  if (depth > MAX_DEPTH) return UNKNOWN;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return equalMembers(run, left.length, depth, (index) => [left[index] as Json, right[index] as Json]);
  }
  const a = left as JsonObject;
  const b = right as JsonObject;
  const keys = Object.keys(a);
  if (!spend(run, keys.length)) return UNKNOWN;
  if (keys.length !== Object.keys(b).length || !keys.every((key) => Object.hasOwn(b, key))) return false;
  return equalMembers(run, keys.length, depth, (index) => {
    const key = keys[index] as string;
    return [a[key] as Json, b[key] as Json];
  });
}

/** One unequal pair decides; otherwise one unknown pair leaves it open. */
function equalMembers(
  run: Run,
  count: number,
  depth: number,
  pair: (index: number) => readonly [Json, Json],
): Truth3 {
  let open = false;
  for (let index = 0; index < count; index++) {
    if (!spend(run, 1)) return UNKNOWN;
    const [left, right] = pair(index);
    const equal = equalValues(run, left, right, depth + 1);
    if (equal === false) return false;
    if (equal === UNKNOWN) open = true;
  }
  return open ? UNKNOWN : true;
}

/** Two numbers whose order and equality cannot be told from their binary values. */
export function isInexactPair(left: number, right: number): boolean {
  return Number.isNaN(left) || Number.isNaN(right) || (isInexact(left) && isInexact(right));
}

/** Whether an integer of this size may have been rounded. */
export function isInexact(value: number): boolean {
  return !(value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER);
}
