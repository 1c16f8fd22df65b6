import type { Json } from "@mcp-flowgate/core";

/** Deeper values are refused: validators recurse over them. */
const MAX_DEPTH = 500;

/** A deep copy that keeps a key `__proto__` an ordinary key, or undefined where the value is nested too deeply. */
export function copyJson(value: Json, depth = 0): Json | undefined {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value as readonly Json[]) {
      const copy = copyJson(item, depth + 1);
      if (copy === undefined) return undefined;
      items.push(copy);
    }
    return items;
  }
  const object: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value)) {
    const copy = copyJson(item, depth + 1);
    if (copy === undefined) return undefined;
    if (key === "__proto__") {
      Object.defineProperty(object, key, {
        value: copy,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else object[key] = copy;
  }
  return object;
}
