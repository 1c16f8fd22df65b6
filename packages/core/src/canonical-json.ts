import type { Json, JsonObject } from "./json.ts";

/**
 * The canonical text of a JSON value by RFC 8785 (JCS): keys sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Equal values have equal texts, so hashes of it are stable.
 *
 * Members that are `undefined` are left out, as `JSON.stringify` does.
 * @throws {TypeError} for a number that is not finite: JSON has no text for it.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON text`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item: Json | undefined) => canonicalJson(item ?? null)).join(",")}]`;
  }
  const object = value as JsonObject;
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}
