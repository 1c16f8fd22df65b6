import type { ConfigNode } from "../source/config-node.ts";

/**
 * A text that is equal for nodes that say the same, wherever they stand; undefined where a part came from outside the
 * configuration: a variable may have another value the next time, and is not to be kept.
 */
export function contentKey(node: ConfigNode): string | undefined {
  if (node.kind === "scalar") {
    if (node.template !== undefined) return undefined;
    const { value } = node;
    if (typeof value === "string") return `${value.length}:${value}`;
    return Object.is(value, -0) ? "=-0" : `=${value}`;
  }
  let text = "";
  if (node.kind === "list") {
    for (const item of node.items) {
      const key = contentKey(item);
      if (key === undefined) return undefined;
      text += `${key},`;
    }
    return `[${text}]`;
  }
  for (const [name, entry] of node.entries) {
    const key = contentKey(entry.value);
    if (key === undefined) return undefined;
    text += `${name.length}:${name}${key},`;
  }
  return `{${text}}`;
}
