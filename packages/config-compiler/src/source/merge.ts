import type { ConfigNode, MapEntry } from "./config-node.ts";

/**
 * `over` on top of `base`: maps merge key by key, lists are joined, anything else is replaced. A list or map tagged
 * `!replace` is taken as it is. Values of different kinds replace each other: the shape check judges the result.
 */
export function mergeNodes(base: ConfigNode, over: ConfigNode): ConfigNode {
  if (over.kind === "map" && base.kind === "map" && !over.replace) {
    if (over.entries.size === 0) return base;
    const entries = new Map<string, MapEntry>(base.entries);
    for (const [key, entry] of over.entries) {
      const below = entries.get(key);
      entries.set(
        key,
        below === undefined ? entry : { key: entry.key, value: mergeNodes(below.value, entry.value) },
      );
    }
    return { ...over, entries };
  }
  if (over.kind === "list" && base.kind === "list" && !over.replace) {
    return { ...over, items: [...base.items, ...over.items] };
  }
  return over;
}
