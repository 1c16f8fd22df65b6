import { parseJson } from "@mcp-flowgate/core";
import { createHash } from "node:crypto";

/**
 * `value` as JSON text that {@link fromJsonText} turns into an equal value. Beyond `JSON.stringify` it keeps what that
 * loses: `-0`, and the infinities that `JSON.parse` makes of texts such as `1e400`. Lone surrogates and NUL are kept
 * as escapes, so the text is well-formed and one that Postgres takes.
 * @throws {TypeError} for `NaN`, which no JSON text means.
 */
export function toJsonText(value: unknown): string {
  return needsCare(value) ? careful(value) : (JSON.stringify(value) ?? "null");
}

/** The value of a text that {@link toJsonText} made; the caller knows its type. */
export function fromJsonText<T>(text: string): T {
  return parseJson(text) as T;
}

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

/** Too large for a double, but JSON: every reader makes an infinity of it. */
const INFINITY_TEXT = "1e999";

function needsCare(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(needsCare);
  for (const key in value) if (needsCare((value as Record<string, unknown>)[key])) return true;
  return false;
}

function careful(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(careful).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${careful(member)}`);
  }
  return `{${members.join(",")}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) throw new TypeError("NaN has no JSON text");
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return value > 0 ? INFINITY_TEXT : `-${INFINITY_TEXT}`;
  return JSON.stringify(value);
}
