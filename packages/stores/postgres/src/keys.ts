import { createHash } from "node:crypto";
import { parseJson } from "@mcp-flowgate/core";

/**
 * Text as a key: equal texts have equal keys, different ones different keys, and every key is one that Postgres takes
 * (no NUL, no lone surrogate). {@link fromKey} gives the text back.
 */
export function toKey(text: string): string {
  return text.isWellFormed() && !text.includes("\0") && !/^["#]/.test(text) ? text : JSON.stringify(text);
}

/** The text that {@link toKey} made `key` of. */
export function fromKey(key: string): string {
  return key.startsWith('"') ? (parseJson(key) as string) : key;
}

/** Of a name that callers choose: an entry of an index has to fit on a third of a page, with up to three of them. */
const MAX_NAME_BYTES = 600;

/** As {@link toKey}, for text that callers choose: what is long is kept as its hash, and does not come back. */
export function toBoundedKey(text: string): string {
  const key = toKey(text);
  if (Buffer.byteLength(key) <= MAX_NAME_BYTES) return key;
  return `#${createHash("sha256").update(JSON.stringify(text)).digest("hex")}`;
}
