import type { Json, JsonObject } from "./json.ts";

/**
 * The canonical text of a JSON value by RFC 8785 (JCS): keys sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Equal values have equal texts, so hashes of it are stable.
 *
 * Members that are `undefined` are left out, as `JSON.stringify` does.
 * @throws {TypeError} for a number that is not finite: JSON has no text for it.
 */
export function canonicalJson(value: Json | { readonly [name: string]: Json | undefined }): string {
  if (typeof value === "string") return toText(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON text`);
    return JSON.stringify(value);
  }
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly (Json | undefined)[]) {
      if (text !== "") text += ",";
      text += canonicalJson(item ?? null);
    }
    return `[${text}]`;
  }
  const object = value as JsonObject;
  for (const key of sorted(Object.keys(object))) {
    const member = object[key];
    if (member === undefined) continue;
    if (text !== "") text += ",";
    text += `${toText(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Keys that are in order are left as they are: sorting a list of two makes several. */
function sorted(keys: string[]): readonly string[] {
  for (let at = 1; at < keys.length; at += 1) if (keys[at - 1]! > keys[at]!) return keys.sort();
  return keys;
}

/** Most strings are names and identifiers, which stand for themselves. */
const PLAIN = /^[\w .,:;@/$-]*$/;

function toText(value: string): string {
  return value.length < 100 && PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}
