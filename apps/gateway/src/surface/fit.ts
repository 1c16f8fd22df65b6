import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { byteLength } from "./truncate.ts";

/** How much is kept of each text, list and map. */
interface Caps {
  readonly text: number;
  readonly entries: number;
}

/** From generous to bare: the first that makes the answer small enough is taken. */
const CAPS: readonly Caps[] = [
  { text: 4_000, entries: 300 },
  { text: 2_000, entries: 150 },
  { text: 1_000, entries: 80 },
  { text: 500, entries: 40 },
  { text: 300, entries: 20 },
  { text: 200, entries: 10 },
  { text: 120, entries: 5 },
  { text: 80, entries: 2 },
  { text: 40, entries: 1 },
];

/** What a next call is made from stays whole: half an id or half of prefilled arguments would be wrong, not short. */
const WHOLE: ReadonlySet<string> = new Set([
  "id",
  "kind",
  "rel",
  "method",
  "args",
  "workflow",
  "workflowId",
  "definitionId",
  "definitionHash",
  "code",
  "status",
  "version",
]);

/**
 * An answer of at most `maxBytes` where that is possible: long texts end in `…`, long lists and maps keep their beginning,
 * and `$truncated` says how many entries were left out. For what people and servers wrote about a definition; values of
 * an instance, which can be read back in slices, are replaced by pointers instead.
 *
 * @returns the same object where it is small enough.
 */
export function fitAnswer(body: JsonObject, maxBytes: number): JsonObject {
  if (byteLength(body) <= maxBytes) return body;
  let fitted = body;
  for (const caps of CAPS) {
    fitted = shorten(body, caps, new Set()) as JsonObject;
    if (byteLength(fitted) <= maxBytes) break;
  }
  return fitted;
}

function shorten(value: Json, caps: Caps, first: ReadonlySet<Json>): Json {
  if (typeof value === "string") return shortenText(value, caps.text);
  if (Array.isArray(value)) {
    const kept: Json[] = value.slice(0, caps.entries).map((item) => shorten(item as Json, caps, first));
    if (value.length > kept.length) kept.push({ $truncated: { leftOut: value.length - kept.length } });
    return kept;
  }
  if (!isJsonObject(value) || Object.hasOwn(value, "$truncated")) return value;
  // Of a schema's properties the required ones are what a call cannot do without.
  const required: ReadonlySet<Json> = new Set(Array.isArray(value["required"]) ? value["required"] : []);
  const names = Object.keys(value);
  const ordered =
    first.size === 0 ? names : [...names].sort((a, b) => Number(first.has(b)) - Number(first.has(a)));
  const result: Record<string, Json> = {};
  for (const name of ordered.slice(0, caps.entries)) {
    const inner = value[name] as Json;
    result[name] = WHOLE.has(name)
      ? inner
      : name === "mermaid" && typeof inner === "string"
        ? shortenDrawing(inner, caps.entries * 10)
        : shorten(inner, caps, name === "properties" ? required : NOTHING);
  }
  if (names.length > caps.entries) result["$truncated"] = { leftOut: names.length - caps.entries };
  return result;
}

const NOTHING: ReadonlySet<Json> = new Set();

function shortenText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

/** Whole lines, so that what is left can still be drawn. */
function shortenDrawing(text: string, most: number): string {
  const lines = text.split("\n");
  if (lines.length <= most) return text;
  return [...lines.slice(0, most), `  %% ${lines.length - most} lines left out`].join("\n");
}
