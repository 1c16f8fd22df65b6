import type { Value } from "./run.ts";

/** What kind of value it is, in words with an article. */
export function typeName(value: Value | undefined): string {
  if (value === undefined) return "a missing value";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "a string";
    case "number":
      return "a number";
    case "boolean":
      return "a truth value";
    case "object":
      return "an object";
    default:
      return "an unknown value";
  }
}
