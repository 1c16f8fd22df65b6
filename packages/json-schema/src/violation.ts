import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { ErrorObject } from "ajv";
import { nearest } from "./nearest.ts";
import { escapePointer } from "./walk-schema.ts";

/** One thing that is wrong with a value. `pointer` is a JSON pointer into the value. */
export interface SchemaViolation {
  readonly pointer: string;
  /** One sentence: what, where, what was expected, allowed values, the nearest name for an unknown property. */
  readonly message: string;
  readonly keyword: string;
}

/** A caller that sends rubbish gets this many sentences back. */
const MAX_VIOLATIONS = 20;
const MAX_ALTERNATIVES = 3;

/** Ajv's errors (collected with `verbose`) as sentences. What failed only inside an alternative is told with it. */
export function toViolations(errors: readonly ErrorObject[]): readonly SchemaViolation[] {
  const choices = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  const top: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword === "if") continue;
    if (!choices.some((choice) => choice !== error && isInside(error, choice))) top.push(error);
    if (top.length >= MAX_VIOLATIONS) break;
  }
  return top.map((error) => toViolation(error, errors));
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    (error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`))
  );
}

function toViolation(error: ErrorObject, all: readonly ErrorObject[]): SchemaViolation {
  const params = error.params as JsonObject;
  const added = error.keyword === "required" ? params["missingProperty"] : unknownName(error);
  const pointer =
    typeof added === "string" ? `${error.instancePath}/${escapePointer(added)}` : error.instancePath;
  return { pointer, message: `${where(pointer)} ${sentence(error, params, all)}`, keyword: error.keyword };
}

function unknownName(error: ErrorObject): Json | undefined {
  const params = error.params as JsonObject;
  return params["additionalProperty"] ?? params["unevaluatedProperty"];
}

function where(pointer: string): string {
  return pointer === "" ? "the value" : `\`${pointer}\``;
}

function sentence(error: ErrorObject, params: JsonObject, all: readonly ErrorObject[]): string {
  const limit = String(params["limit"]);
  const data = error.data as Json;
  switch (error.keyword) {
    case "type": {
      const type = Array.isArray(params["type"]) ? params["type"].join(" or ") : String(params["type"]);
      return `must be ${article(type)}, not ${kindOf(data)}`;
    }
    case "required":
      return `is required${describe(error)}`;
    case "additionalProperties":
    case "unevaluatedProperties": {
      const known = knownProperties(error);
      const close = nearest(String(unknownName(error)), known);
      if (close !== undefined) return `is not a known property; did you mean \`${close}\`?`;
      return known.length === 0
        ? "is not a known property; none are allowed here"
        : `is not a known property; known are ${list(known)}`;
    }
    case "enum": {
      const allowed = Array.isArray(params["allowedValues"])
        ? (params["allowedValues"] as readonly Json[])
        : [];
      const names = allowed.filter((value) => typeof value === "string");
      const close = typeof data === "string" ? nearest(data, names) : undefined;
      const meant = close === undefined ? "" : `; did you mean ${JSON.stringify(close)}?`;
      return `must be one of ${list(allowed.map(show))}, not ${show(data)}${meant}`;
    }
    case "const":
      return `must be ${show(params["allowedValue"] as Json)}, not ${show(data)}`;
    case "minLength":
      return `must have at least ${limit} characters`;
    case "maxLength":
      return `must have at most ${limit} characters`;
    case "minItems":
      return `must have at least ${limit} items`;
    case "maxItems":
      return `must have at most ${limit} items`;
    case "minProperties":
      return `must have at least ${limit} properties`;
    case "maxProperties":
      return `must have at most ${limit} properties`;
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return `must be ${String(params["comparison"])} ${limit}, not ${show(data)}`;
    case "multipleOf":
      return `must be a multiple of ${String(params["multipleOf"])}, not ${show(data)}`;
    case "pattern":
      return `must match the pattern ${String(params["pattern"])}, which ${show(data)} does not`;
    case "format":
      return `must be a valid ${String(params["format"])}, which ${show(data)} is not`;
    case "uniqueItems":
      return "must not have two equal items";
    case "anyOf":
    case "oneOf":
      return choice(error, params, all);
    case "not":
      return "must not be what the schema's `not` describes";
    case "false schema":
      return "is not allowed here";
    default:
      return error.message ?? `fails \`${error.keyword}\``;
  }
}

function choice(error: ErrorObject, params: JsonObject, all: readonly ErrorObject[]): string {
  const matching = params["passingSchemas"];
  if (Array.isArray(matching)) return `matches ${matching.length} alternatives where exactly one must match`;
  const alternatives = Array.isArray(error.schema) ? error.schema.length : 0;
  const told: string[] = [];
  for (let index = 0; index < alternatives && told.length < MAX_ALTERNATIVES; index += 1) {
    const inner = all.find(
      (candidate) =>
        isInside(candidate, error) && candidate.schemaPath.startsWith(`${error.schemaPath}/${index}/`),
    );
    if (inner === undefined) continue;
    told.push(toViolation(inner, []).message);
  }
  const details =
    told.length === 0 ? "" : `: ${told.map((text, index) => `(${index + 1}) ${text}`).join("; ")}`;
  return `matches none of its ${alternatives} alternatives${details}`;
}

function knownProperties(error: ErrorObject): readonly string[] {
  const parent = error.parentSchema as JsonObject | undefined;
  const properties = parent?.["properties"];
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function describe(error: ErrorObject): string {
  const parent = error.parentSchema as JsonObject | undefined;
  const properties = parent?.["properties"];
  const name = (error.params as JsonObject)["missingProperty"];
  const schema = isJsonObject(properties) && typeof name === "string" ? properties[name] : undefined;
  const type = isJsonObject(schema) ? schema["type"] : undefined;
  return typeof type === "string" ? ` (${article(type)})` : "";
}

function article(type: string): string {
  if (type === "null") return "null";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? `the string ${show(value)}` : `the ${typeof value} ${String(value)}`;
}

function show(value: Json): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, 12).join(", ");
  return items.length > 12 ? `${shown} and ${items.length - 12} more` : shown;
}
