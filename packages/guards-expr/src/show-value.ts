import type { Json } from "@mcp-flowgate/core";

const MAX_TEXT = 60;

/** A value on one short line: texts quoted and cut, lists and objects by their size. */
export function showValue(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (typeof value === "string")
    return JSON.stringify(value.length <= MAX_TEXT ? value : `${value.slice(0, MAX_TEXT - 1)}…`);
  if (Array.isArray(value)) return value.length === 1 ? "a list of 1" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const count = Object.keys(value).length;
    return count === 1 ? "an object of 1 member" : `an object of ${count} members`;
  }
  return String(value);
}
