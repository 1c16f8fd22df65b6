import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { KEYWORD_SHAPES, SCHEMA_TYPES } from "./keyword-shapes.ts";
import { compileLinearPattern } from "./linear-pattern.ts";
import { nearest } from "./nearest.ts";
import { escapePointer, resolvePointer, subSchemas, type SubSchema } from "./walk-schema.ts";

/** Why a schema is refused. `pointer` is a JSON pointer into the schema. */
export interface SchemaProblem {
  readonly pointer: string;
  readonly message: string;
  readonly keyword?: string;
}

/** Bounds on one schema document. */
export interface SchemaBounds {
  /** JSON values in it, containers included. */
  readonly maxNodes: number;
  /** Nesting of JSON values. */
  readonly maxDepth: number;
  /** Characters of its keys and strings together. */
  readonly maxCharacters: number;
}

export const DEFAULT_BOUNDS: SchemaBounds = Object.freeze({
  maxNodes: 50_000,
  maxDepth: 100,
  maxCharacters: 1024 * 1024,
});

/** Enough to mend a schema by; a hostile one does not get to fill the memory with findings. */
const MAX_PROBLEMS = 50;

export type Dialect = "draft-07" | "2019-09" | "2020-12";

/** The dialects, by the `$schema` that names them, without `#` and protocol. Draft-06 is a part of draft-07. */
const DIALECTS: ReadonlyMap<string, Dialect> = new Map<string, Dialect>([
  ["json-schema.org/draft-06/schema", "draft-07"],
  ["json-schema.org/draft-07/schema", "draft-07"],
  ["json-schema.org/draft/2019-09/schema", "2019-09"],
  ["json-schema.org/draft/2020-12/schema", "2020-12"],
]);

/**
 * The dialect that `schema` is read by. Without `$schema` it is 2020-12, or draft-07 where `items` is a list
 * at the top level of some sub-schema: 2020-12 has no such form and many servers leave `$schema` out.
 */
export function dialectOf(schema: JsonObject): Dialect | undefined {
  const declared = schema["$schema"];
  if (typeof declared === "string") {
    return DIALECTS.get(declared.replace(/^https?:\/\//, "").replace(/#$/, ""));
  }
  return everySubSchema(schema).some(({ schema: sub }) => isJsonObject(sub) && Array.isArray(sub["items"]))
    ? "draft-07"
    : "2020-12";
}

/**
 * Everything wrong with `schema` that can be said without compiling it: bounds, shapes of keywords, patterns
 * without a linear form, references that leave the document, lead nowhere or loop in place. Never throws.
 */
export function inspectSchema(schema: Json, bounds: SchemaBounds = DEFAULT_BOUNDS): readonly SchemaProblem[] {
  const excess = measure(schema, bounds);
  if (excess !== undefined) return [{ pointer: "", message: excess }];
  if (typeof schema === "boolean") return [];
  if (!isJsonObject(schema)) return [{ pointer: "", message: "a schema must be an object, true or false" }];
  const problems: SchemaProblem[] = [];
  const dialect = dialectOf(schema);
  if (dialect === undefined) {
    problems.push({
      pointer: "/$schema",
      keyword: "$schema",
      message: `${JSON.stringify(schema["$schema"])} is not a dialect that is known here; use 2020-12 or draft-07`,
    });
  }
  const all = everySubSchema(schema);
  const references = new References(schema, all);
  for (const sub of all) {
    if (problems.length >= MAX_PROBLEMS) break;
    if (!isJsonObject(sub.schema)) continue;
    inspectKeywords(sub.schema, sub.pointer, problems);
    if (dialect === "2020-12" && Array.isArray(sub.schema["items"])) {
      problems.push({
        pointer: `${sub.pointer}/items`,
        keyword: "items",
        message: "a list of schemas is called `prefixItems` in 2020-12",
      });
    }
    references.check(sub.schema, sub.pointer, problems);
  }
  if (problems.length === 0) references.findLoop(problems);
  return problems.slice(0, MAX_PROBLEMS);
}

function inspectKeywords(schema: JsonObject, pointer: string, problems: SchemaProblem[]): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = KEYWORD_SHAPES.get(keyword);
    const at = `${pointer}/${escapePointer(keyword)}`;
    if (shape !== undefined && !shape.accepts(value)) {
      const close =
        keyword === "type" && typeof value === "string" ? nearest(value, SCHEMA_TYPES) : undefined;
      const meant = close === undefined ? "" : `; did you mean ${JSON.stringify(close)}?`;
      problems.push({ pointer: at, keyword, message: `\`${keyword}\` must be ${shape.expected}${meant}` });
      continue;
    }
    if (keyword === "pattern") inspectPattern(value as string, at, keyword, problems);
    if (keyword === "patternProperties") {
      for (const name of Object.keys(value as JsonObject)) {
        inspectPattern(name, `${at}/${escapePointer(name)}`, keyword, problems);
      }
    }
  }
}

function inspectPattern(pattern: string, pointer: string, keyword: string, problems: SchemaProblem[]): void {
  const compiled = compileLinearPattern(pattern);
  if (!compiled.ok) problems.push({ pointer, keyword, message: compiled.error.message });
}

/** The references of one document. `$id` of the root may stand before the `#`. */
class References {
  readonly #root: JsonObject;
  readonly #anchors = new Map<string, SubSchema>();
  readonly #bySchema = new Map<Json, SubSchema>();
  readonly #all: readonly SubSchema[];
  readonly #nestedIds: boolean;

  constructor(root: JsonObject, all: readonly SubSchema[]) {
    this.#root = root;
    this.#all = all;
    let nestedIds = false;
    for (const sub of all) {
      if (!isJsonObject(sub.schema)) continue;
      this.#bySchema.set(sub.schema, sub);
      for (const keyword of ["$anchor", "$dynamicAnchor"]) {
        const name = sub.schema[keyword];
        if (typeof name === "string") this.#anchors.set(name, sub);
      }
      const id = sub.schema["$id"];
      if (typeof id === "string" && id.startsWith("#")) this.#anchors.set(id.slice(1), sub);
      else if (id !== undefined && sub.schema !== root) nestedIds = true;
    }
    this.#nestedIds = nestedIds;
  }

  check(schema: JsonObject, pointer: string, problems: SchemaProblem[]): void {
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      const reference = schema[keyword];
      if (typeof reference !== "string") continue;
      const problem = this.#judge(reference);
      if (problem !== undefined)
        problems.push({ pointer: `${pointer}/${keyword}`, keyword, message: problem });
    }
  }

  #judge(reference: string): string | undefined {
    if (localFragment(reference, this.#root) === undefined) {
      return `${JSON.stringify(reference)} leaves the document; only local references (\`#/…\`) are followed`;
    }
    if (this.#nestedIds)
      return "a schema that contains others with an `$id` of their own cannot use references";
    return this.#target(reference) === undefined
      ? `${JSON.stringify(reference)} points at nothing in this schema`
      : undefined;
  }

  #target(reference: string): SubSchema | undefined {
    const fragment = localFragment(reference, this.#root);
    if (fragment === undefined) return undefined;
    if (fragment !== "" && !fragment.startsWith("/")) return this.#anchors.get(fragment);
    const schema = resolvePointer(this.#root, fragment);
    if (schema === undefined) return undefined;
    if (typeof schema === "boolean") return { schema, pointer: fragment, depth: 0, inPlace: false };
    return isJsonObject(schema)
      ? (this.#bySchema.get(schema) ?? { schema, pointer: fragment, depth: 0, inPlace: false })
      : undefined;
  }

  /** A cycle of references and in-place applicators judges the same value for ever. */
  findLoop(problems: SchemaProblem[]): void {
    const done = new Set<Json>();
    const open = new Set<Json>();
    const visit = (sub: SubSchema): boolean => {
      if (!isJsonObject(sub.schema) || done.has(sub.schema)) return false;
      if (open.has(sub.schema)) {
        problems.push({
          pointer: sub.pointer,
          keyword: "$ref",
          message: "this schema refers back to itself without going into a property or an item",
        });
        return true;
      }
      open.add(sub.schema);
      for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
        const reference = sub.schema[keyword];
        const target = typeof reference === "string" ? this.#target(reference) : undefined;
        if (target !== undefined && visit(target)) return true;
      }
      for (const child of subSchemas(sub.schema, sub.pointer, 0)) {
        if (child.inPlace && visit(child)) return true;
      }
      open.delete(sub.schema);
      done.add(sub.schema);
      return false;
    };
    for (const sub of this.#all) if (visit(sub)) return;
  }
}

/** The decoded fragment of a reference that stays in `root`, or undefined. */
export function localFragment(reference: string, root: JsonObject): string | undefined {
  const id = root["$id"];
  let rest: string | undefined;
  if (reference.startsWith("#")) rest = reference.slice(1);
  else if (typeof id === "string" && id !== "") {
    const own = id.replace(/#$/, "");
    if (reference === own) rest = "";
    else if (reference.startsWith(`${own}#`)) rest = reference.slice(own.length + 1);
  }
  if (rest === undefined) return undefined;
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest;
  }
}

/** `root` and every schema inside it. Call it only within bounds. */
export function everySubSchema(root: JsonObject): readonly SubSchema[] {
  const found: SubSchema[] = [{ schema: root, pointer: "", depth: 0, inPlace: false }];
  for (let index = 0; index < found.length; index += 1) {
    const { schema, pointer, depth } = found[index] as SubSchema;
    if (isJsonObject(schema)) for (const child of subSchemas(schema, pointer, depth)) found.push(child);
  }
  return found;
}

function measure(root: Json, bounds: SchemaBounds): string | undefined {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value: root, depth: 0 }];
  let nodes = 0;
  let characters = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    nodes += 1;
    if (depth > bounds.maxDepth) return `the schema is nested more than ${bounds.maxDepth} levels deep`;
    if (nodes > bounds.maxNodes) return `the schema has more than ${bounds.maxNodes} values`;
    if (typeof value === "string") characters += value.length;
    else if (Array.isArray(value))
      for (const item of value) open.push({ value: item as Json, depth: depth + 1 });
    else if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        characters += key.length;
        open.push({ value: item, depth: depth + 1 });
      }
    }
    if (characters > bounds.maxCharacters) {
      return `the schema's text is longer than ${bounds.maxCharacters} characters`;
    }
  }
  return undefined;
}
