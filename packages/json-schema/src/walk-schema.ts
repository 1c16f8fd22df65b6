import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";

/** How a keyword holds sub-schemas. `inPlace` ones judge the same value, the others judge a part of it. */
interface SchemaKeyword {
  readonly shape: "one" | "list" | "map" | "oneOrList" | "mapOrNames";
  readonly inPlace: boolean;
}

const part = (shape: SchemaKeyword["shape"]): SchemaKeyword => ({ shape, inPlace: false });
const same = (shape: SchemaKeyword["shape"]): SchemaKeyword => ({ shape, inPlace: true });

/** Every keyword of draft-07, 2019-09 and 2020-12 that holds schemas. */
export const SCHEMA_KEYWORDS: ReadonlyMap<string, SchemaKeyword> = new Map([
  ["properties", part("map")],
  ["patternProperties", part("map")],
  ["additionalProperties", part("one")],
  ["unevaluatedProperties", part("one")],
  ["propertyNames", part("one")],
  ["items", part("oneOrList")],
  ["prefixItems", part("list")],
  ["additionalItems", part("one")],
  ["unevaluatedItems", part("one")],
  ["contains", part("one")],
  ["contentSchema", part("one")],
  ["$defs", part("map")],
  ["definitions", part("map")],
  ["allOf", same("list")],
  ["anyOf", same("list")],
  ["oneOf", same("list")],
  ["not", same("one")],
  ["if", same("one")],
  ["then", same("one")],
  ["else", same("one")],
  ["dependentSchemas", same("map")],
  ["dependencies", { shape: "mapOrNames", inPlace: true }],
]);

/** One schema inside a schema document. `pointer` is its JSON pointer from the root. */
export interface SubSchema {
  readonly schema: Json;
  readonly pointer: string;
  readonly depth: number;
  /** Judged against the same value as the schema that holds it. */
  readonly inPlace: boolean;
}

/** The direct sub-schemas of `schema`, in keyword order. Malformed keywords yield what they can. */
export function* subSchemas(schema: JsonObject, pointer: string, depth: number): Generator<SubSchema> {
  for (const [keyword, value] of Object.entries(schema)) {
    const rule = SCHEMA_KEYWORDS.get(keyword);
    if (rule === undefined) continue;
    const base = `${pointer}/${escapePointer(keyword)}`;
    const child = (child: Json, suffix: string): SubSchema => ({
      schema: child,
      pointer: `${base}${suffix}`,
      depth: depth + 1,
      inPlace: rule.inPlace,
    });
    if (rule.shape === "one") yield child(value, "");
    else if (Array.isArray(value)) {
      if (rule.shape === "list" || rule.shape === "oneOrList") {
        for (const [index, item] of value.entries()) yield child(item as Json, `/${index}`);
      }
    } else if (rule.shape === "oneOrList") yield child(value, "");
    else if (isJsonObject(value) && rule.shape !== "list") {
      for (const [name, item] of Object.entries(value)) {
        if (rule.shape === "mapOrNames" && Array.isArray(item)) continue;
        yield child(item, `/${escapePointer(name)}`);
      }
    }
  }
}

/** A JSON pointer segment (RFC 6901). */
export function escapePointer(segment: string): string {
  return segment.includes("~") || segment.includes("/")
    ? segment.replaceAll("~", "~0").replaceAll("/", "~1")
    : segment;
}

/** The value that a JSON pointer names in `root`, or undefined. */
export function resolvePointer(root: Json, pointer: string): Json | undefined {
  if (pointer === "") return root;
  if (!pointer.startsWith("/")) return undefined;
  let value: Json | undefined = root;
  for (const raw of pointer.slice(1).split("/")) {
    const segment = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value))
      value = /^(?:0|[1-9]\d*)$/.test(segment) ? (value[Number(segment)] as Json) : undefined;
    else if (isJsonObject(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
    if (value === undefined) return undefined;
  }
  return value;
}
