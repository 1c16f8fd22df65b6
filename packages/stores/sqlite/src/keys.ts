import { parseJson } from "@mcp-flowgate/core";

/** Text of a caller as a key: equal texts have equal keys, different ones different keys, and every key is well-formed. */
export function toKey(text: string): string {
  return text.isWellFormed() && !text.startsWith('"') ? text : JSON.stringify(text);
}

/** The text that {@link toKey} made `key` of. */
export function fromKey(key: string): string {
  return key.startsWith('"') ? (parseJson(key) as string) : key;
}
