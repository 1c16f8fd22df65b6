import { escapePointer } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import type { ConfigNode, ScalarNode } from "../source/config-node.ts";
import type { Readers } from "./field.ts";

/** Values from outside in what callers and people read: FG622. Adds the pointers of those that are to be masked. */
export function checkReaders(
  readers: Readers | undefined,
  node: ConfigNode,
  pointer: string,
  masked: string[],
  report: Report,
): void {
  if (readers === undefined) return;
  for (const found of hiddenIn(node, pointer)) {
    if (readers === "masked") masked.push(found.pointer);
    const { message, hint } = WORDS[readers];
    report("FG622", found.node, message, { pointer: found.pointer, hint });
  }
}

/**
 * Values from outside in a JSON Schema, which callers see as a whole: FG622 for what is there to be read, and is masked;
 * FG623 for what arguments are held against.
 */
export function checkSchemaReaders(
  schema: ConfigNode,
  pointer: string,
  masked: string[],
  report: Report,
): void {
  for (const found of hiddenIn(schema, pointer)) {
    if (isAnnotation(found.pointer.slice(pointer.length).split("/").slice(1))) {
      masked.push(found.pointer);
      report("FG622", found.node, WORDS.masked.message, { pointer: found.pointer, hint: WORDS.masked.hint });
    } else {
      report(
        "FG623",
        found.node,
        "callers see the schema that their arguments are held against, and would see this value from outside",
        { pointer: found.pointer, hint: "Write the value out, or check it in a guard." },
      );
    }
  }
}

const WORDS = {
  masked: {
    message: "this text is there to be read, and shows `[secret]` for what comes from outside",
    hint: "Write the value out; a value that differs from call to call belongs into `{{ $.… }}` where templates are allowed.",
  },
  judged: {
    message: "callers see this guard, and `[secret]` in it for what comes from outside",
    hint: "It is judged by the value itself. Write the value out where callers may know it.",
  },
  whole: {
    message: "callers and those who decide see this value from outside as it is",
    hint: "Give a secret to the executor instead: in `auth`, `headers`, `env` or `args`.",
  },
} as const;

interface Found {
  readonly node: ScalarNode;
  readonly pointer: string;
}

function hiddenIn(node: ConfigNode, pointer: string): readonly Found[] {
  if (node.kind === "scalar") return node.shown === undefined ? [] : [{ node, pointer }];
  if (node.kind === "list") return node.items.flatMap((item, index) => hiddenIn(item, `${pointer}/${index}`));
  return [...node.entries].flatMap(([key, { value }]) => hiddenIn(value, `${pointer}/${escapePointer(key)}`));
}

/** Keywords whose values are data of their own, whatever the keys in them are called. */
const DATA = new Set(["const", "default", "enum"]);
/** Keywords below which the next key is a name that the author chose. */
const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
const ANNOTATIONS = new Set(["title", "description", "$comment", "examples"]);

function isAnnotation(path: readonly string[]): boolean {
  for (let at = 0; at < path.length; at += 1) {
    const keyword = path[at] ?? "";
    if (DATA.has(keyword)) return false;
    if (ANNOTATIONS.has(keyword)) return true;
    if (NAMED.has(keyword)) at += 1;
  }
  return false;
}
