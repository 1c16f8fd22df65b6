import { createRecord, getOwn, isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { OperationProblem } from "./problem.ts";
import { lookUp, toPointer } from "./references.ts";

/**
 * Copies schemas of a document so that they stand alone: what they refer to becomes `$defs`, each once, so that a schema
 * that refers to itself stays as small as it was written.
 */
export interface SchemaBundle {
  /** A copy for use in a request. */
  add(schema: Json | undefined, pointer: string): JsonObject;
  /** What the copies refer to. */
  definitions(): JsonObject;
}

/** Keywords that say nothing to a validator or a caller, or whose references are no schemas. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "xml",
  "externalDocs",
  "discriminator",
  "example",
  "examples",
  "$id",
  "$schema",
  "$anchor",
]);
/** Keywords whose value is data, where a key `$ref` is only a key. */
const DATA: ReadonlySet<string> = new Set(["enum", "const", "default"]);
/** Keywords whose value maps names to schemas. */
const NAMED: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
const MAX_DEPTH = 64;
const MAX_DEFINITIONS = 2000;

export function createSchemaBundle(root: JsonObject): SchemaBundle {
  const names = new Map<string, string>();
  const definitions = createRecord<Json>();

  const define = (ref: string, at: string): string => {
    const pointer = toPointer(ref, at);
    const known = names.get(pointer);
    if (known !== undefined) return known;
    const target = lookUp(root, pointer);
    if (names.size >= MAX_DEFINITIONS)
      throw new OperationProblem(at, `refers to more than ${MAX_DEFINITIONS} schemas`);
    const last = pointer.slice(pointer.lastIndexOf("/") + 1).replace(/[^a-zA-Z0-9_.-]/g, "_");
    let name = last;
    for (let more = 2; Object.hasOwn(definitions, name); more++) name = `${last}_${more}`;
    names.set(pointer, name);
    definitions[name] = true;
    definitions[name] = copy(target, pointer, 0);
    return name;
  };

  const copy = (schema: Json, pointer: string, depth: number): Json => {
    if (typeof schema === "boolean") return schema;
    if (!isJsonObject(schema)) throw new OperationProblem(pointer, "is not a schema");
    if (depth > MAX_DEPTH) throw new OperationProblem(pointer, `is nested more than ${MAX_DEPTH} deep`);
    const result = createRecord<Json>();
    const unsent = unsentNames(root, schema);
    for (const [key, value] of Object.entries(schema)) {
      const at = `${pointer}/${key}`;
      if (LEFT_OUT.has(key) || key.startsWith("x-") || isOlderForm(key, value)) continue;
      if (key === "$ref" && typeof value === "string") result[key] = `#/$defs/${define(value, at)}`;
      else if (key === "required" && Array.isArray(value)) {
        const required = value.filter((name: Json) => !unsent.has(String(name)));
        if (required.length > 0) result[key] = required;
      } else if (NAMED.has(key) && isJsonObject(value)) {
        const members = Object.entries(value).filter(([name]) => key !== "properties" || !unsent.has(name));
        result[key] = createRecord(
          members.map(([name, member]) => [name, copy(member, `${at}/${name}`, depth + 1)] as const),
        );
      } else result[key] = DATA.has(key) ? value : copyValue(value, at, depth + 1);
    }
    // Documents that say 3.1 are often written with words of 3.0.
    for (const bound of ["minimum", "maximum"] as const) {
      const exclusive = bound === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
      const limit = result[bound];
      if (schema[exclusive] !== true || limit === undefined) continue;
      delete result[bound];
      result[exclusive] = limit;
    }
    return schema["nullable"] === true && !admitsNull(result["type"])
      ? { anyOf: [result, { type: "null" }] }
      : result;
  };

  const copyValue = (value: Json, pointer: string, depth: number): Json => {
    if (Array.isArray(value)) {
      return value.map((item: Json, index) =>
        isJsonObject(item) ? copy(item, `${pointer}/${index}`, depth) : item,
      );
    }
    return isJsonObject(value) ? copy(value, pointer, depth) : value;
  };

  return {
    add(schema, pointer) {
      const copied = copy(schema ?? {}, pointer, 0);
      return isJsonObject(copied) ? copied : copied === true ? {} : { not: {} };
    },
    definitions: () => definitions,
  };
}

/** Keywords of OpenAPI 3.0 that no JSON Schema has; what they mean is put in their place. */
function isOlderForm(key: string, value: Json): boolean {
  return (
    key === "nullable" ||
    ((key === "exclusiveMinimum" || key === "exclusiveMaximum") && typeof value === "boolean")
  );
}

function admitsNull(type: Json | undefined): boolean {
  return type === "null" || (Array.isArray(type) && type.includes("null"));
}

/** Properties that only responses have. */
function unsentNames(root: JsonObject, schema: JsonObject): ReadonlySet<string> {
  const { properties } = schema;
  if (!isJsonObject(properties)) return new Set();
  const isReadOnly = (property: Json): boolean => {
    if (!isJsonObject(property)) return false;
    if (property["readOnly"] === true) return true;
    const ref = getOwn(property, "$ref");
    if (typeof ref !== "string" || !ref.startsWith("#")) return false;
    const target = lookUp(root, toPointer(ref, ""));
    return isJsonObject(target) && target["readOnly"] === true;
  };
  return new Set(Object.keys(properties).filter((name) => isReadOnly(properties[name] as Json)));
}
