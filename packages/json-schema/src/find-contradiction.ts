import { equalJson, isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { SchemaProblem } from "./inspect-schema.ts";
import { escapePointer } from "./walk-schema.ts";

/**
 * Places where a schema contradicts itself, so that no value can satisfy it there: bounds that cross, values that the
 * schema's own type forbids, needed properties that are not allowed. What it reports is certain; what it does not see
 * may still be impossible. Call it only for a schema that `inspectSchema` accepts.
 */
export function findContradictions(schema: JsonObject): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  visit(schema, "", problems);
  return problems;
}

const BOUNDS: readonly (readonly [low: string, high: string])[] = [
  ["minimum", "maximum"],
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
  ["minProperties", "maxProperties"],
  ["minContains", "maxContains"],
];

function visit(schema: Json, pointer: string, problems: SchemaProblem[]): void {
  if (!isJsonObject(schema)) return;
  const add = (keyword: string, message: string): void => {
    problems.push({ pointer: `${pointer}/${keyword}`, keyword, message });
  };
  for (const [low, high] of BOUNDS) {
    const from = schema[low];
    const to = schema[high];
    if (typeof from === "number" && typeof to === "number" && from > to) {
      add(low, `\`${low}\` ${from} is above \`${high}\` ${to}`);
    }
  }
  checkExclusive(schema, add);
  checkValues(schema, add);
  checkRequired(schema, add);
  if (schema["not"] === true || (isJsonObject(schema["not"]) && Object.keys(schema["not"]).length === 0)) {
    add("not", "`not` of everything allows nothing");
  }
  for (const keyword of ["properties", "$defs", "definitions", "patternProperties"]) {
    const members = schema[keyword];
    if (!isJsonObject(members)) continue;
    for (const [name, member] of Object.entries(members)) {
      visit(member, `${pointer}/${keyword}/${escapePointer(name)}`, problems);
    }
  }
  for (const keyword of ["items", "additionalProperties", "contains"]) {
    const member = schema[keyword];
    if (isJsonObject(member)) visit(member, `${pointer}/${keyword}`, problems);
  }
  const all = schema["allOf"];
  if (Array.isArray(all)) {
    for (const [index, member] of all.entries()) visit(member as Json, `${pointer}/allOf/${index}`, problems);
    checkTypes([schema, ...(all as readonly Json[])], add);
  }
}

type Add = (keyword: string, message: string) => void;

function checkExclusive(schema: JsonObject, add: Add): void {
  const { exclusiveMinimum: above, exclusiveMaximum: below, minimum, maximum } = schema;
  const low = Math.max(numberOr(above, -Infinity), numberOr(minimum, -Infinity));
  const high = Math.min(numberOr(below, Infinity), numberOr(maximum, Infinity));
  const strict = typeof above === "number" || typeof below === "number";
  if (strict && (low > high || (low === high && (low === above || high === below)))) {
    add(
      typeof above === "number" ? "exclusiveMinimum" : "exclusiveMaximum",
      `no number is above ${low} and below ${high}`,
    );
  }
}

function checkValues(schema: JsonObject, add: Add): void {
  const types = typesOf(schema);
  const allowed = schema["enum"];
  if (Array.isArray(allowed)) {
    if (allowed.length === 0) add("enum", "an empty `enum` allows nothing");
    else if (types !== undefined && !allowed.some((value: Json) => isOfType(value, types))) {
      add("enum", `no value of \`enum\` is of type ${types.join(" or ")}`);
    } else if (
      schema["const"] !== undefined &&
      !allowed.some((value: Json) => equalJson(value, schema["const"] as Json))
    ) {
      add("const", "`const` is not one of the values of `enum`");
    }
  }
  const only = schema["const"];
  if (only !== undefined && types !== undefined && !isOfType(only, types)) {
    add("const", `\`const\` is not of type ${types.join(" or ")}`);
  }
}

function checkRequired(schema: JsonObject, add: Add): void {
  const { required, properties, additionalProperties, patternProperties, maxProperties } = schema;
  if (!Array.isArray(required)) return;
  const known = isJsonObject(properties) ? properties : {};
  for (const name of required as readonly string[]) {
    if (
      Object.hasOwn(known, name)
        ? known[name] === false
        : additionalProperties === false && patternProperties === undefined
    ) {
      add("required", `\`${name}\` is required, but no such property is allowed`);
    }
  }
  if (typeof maxProperties === "number" && required.length > maxProperties) {
    add("required", `${required.length} properties are required, and at most ${maxProperties} are allowed`);
  }
}

function checkTypes(schemas: readonly Json[], add: Add): void {
  let left: readonly string[] | undefined;
  for (const schema of schemas) {
    const types = isJsonObject(schema) ? typesOf(schema) : undefined;
    if (types === undefined) continue;
    const wide = (names: readonly string[]): readonly string[] =>
      names.includes("number") ? [...names, "integer"] : names;
    left = left === undefined ? wide(types) : left.filter((type) => wide(types).includes(type));
    if (left.length === 0) {
      add("allOf", "its parts ask for different types");
      return;
    }
  }
}

function typesOf(schema: JsonObject): readonly string[] | undefined {
  const { type } = schema;
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? (type as readonly string[]) : undefined;
}

function isOfType(value: Json, types: readonly string[]): boolean {
  if (value === null) return types.includes("null");
  if (Array.isArray(value)) return types.includes("array");
  if (typeof value === "number")
    return types.includes("number") || (types.includes("integer") && Number.isInteger(value));
  return types.includes(typeof value);
}

function numberOr(value: Json | undefined, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}
