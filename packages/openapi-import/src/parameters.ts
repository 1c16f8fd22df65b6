import { createRecord, isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { Arguments } from "./arguments.ts";
import { OperationProblem } from "./problem.ts";
import { follow, type Placed } from "./references.ts";
import type { SchemaBundle } from "./schema-bundle.ts";

/** Where the values of an operation's parameters go. */
export interface ParameterPlaces {
  /** Names of the path's variables and the templates that stand for them. */
  readonly path: ReadonlyMap<string, string>;
  readonly query: JsonObject;
  readonly headers: JsonObject;
}

/** Headers that OpenAPI itself keeps out of parameters (3.1, "Parameter Object"). */
const OWN_HEADERS: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"]);
const DELIMITERS: { readonly [style: string]: string } = {
  form: "commas",
  simple: "commas",
  spaceDelimited: "spaces",
  pipeDelimited: "`|`",
};

/** The parameters of an operation: its own, and those of its path that it does not replace. */
export function collectParameters(root: JsonObject, item: Placed, operation: Placed): readonly Placed[] {
  const found = new Map<string, Placed>();
  for (const { value, pointer } of [item, operation]) {
    const list = value["parameters"] ?? [];
    if (!Array.isArray(list)) throw new OperationProblem(`${pointer}/parameters`, "is no list");
    for (const [index, entry] of list.entries()) {
      const parameter = follow(root, entry as Json, `${pointer}/parameters/${index}`);
      found.set(`${String(parameter.value["in"])}\n${String(parameter.value["name"])}`, parameter);
    }
  }
  return [...found.values()];
}

/** Gives each parameter its arguments, and says where their values go. */
export function placeParameters(
  root: JsonObject,
  parameters: readonly Placed[],
  args: Arguments,
  schemas: SchemaBundle,
): ParameterPlaces {
  const path = new Map<string, string>();
  const query = createRecord<Json>();
  const headers = createRecord<Json>();
  for (const { value, pointer } of parameters) {
    const { name, in: place } = value;
    if (typeof name !== "string" || name === "") throw new OperationProblem(pointer, "has no name");
    const required = place === "path" || value["required"] === true;
    const unsupported = (why: string): void => {
      if (required) throw new OperationProblem(pointer, `the required parameter "${name}" ${why}`);
    };
    if (place === "cookie") {
      unsupported("is a cookie, which is not sent");
      continue;
    }
    if (place !== "path" && place !== "query" && place !== "header")
      throw new OperationProblem(pointer, `the parameter "${name}" has no known place`);
    if (place === "header" && OWN_HEADERS.has(name.toLowerCase())) continue;
    const shape = shapeOf(root, value, place);
    if (shape.kind === "unsupported") {
      unsupported(shape.why);
      continue;
    }
    if (shape.kind === "members") {
      for (const member of shape.members) {
        const schema = schemas.add(member.schema, `${pointer}/schema/properties/${member.name}`);
        const needed = required && member.required;
        const source = args.add(member.as, place, schema, needed);
        query[member.as] = needed ? source : optional(source);
      }
      continue;
    }
    const written = schemas.add(shape.schema, `${pointer}/schema`);
    const schema = describe(shape.kind === "text" ? { type: "string" } : written, value, shape);
    const source = args.add(name, place, schema, required);
    if (place === "path") path.set(name, source);
    else (place === "query" ? query : headers)[name] = required ? source : optional(source);
  }
  return { path, query, headers };
}

/** A value that may be left out: null, which is not sent. */
export function optional(source: string): Json {
  return { coalesce: [source, null] };
}

type Shape =
  | { readonly kind: "value"; readonly schema: Json | undefined }
  /** A list or an object that goes as one text. */
  | { readonly kind: "text"; readonly schema: Json | undefined; readonly how: string }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  | { readonly kind: "unsupported"; readonly why: string };

interface Member {
  readonly name: string;
  readonly as: string;
  readonly schema: Json;
  readonly required: boolean;
}

/** How a parameter's value stands in the request (3.1, "Style Values"). */
function shapeOf(root: JsonObject, parameter: JsonObject, place: "path" | "query" | "header"): Shape {
  const { content, schema } = parameter;
  if (isJsonObject(content)) return { kind: "text", schema: {}, how: "JSON text." };
  const style = String(parameter["style"] ?? (place === "query" ? "form" : "simple"));
  const explode = parameter["explode"] ?? style === "form";
  const resolved = isJsonObject(schema) ? follow(root, schema, "").value : {};
  const type = typeOf(resolved);
  if (style === "matrix" || style === "label")
    return { kind: "unsupported", why: `has style ${style}, which is not supported` };
  if (type === "array") {
    if (place === "query" && explode === true && style !== "deepObject") return { kind: "value", schema };
    const separator = DELIMITERS[style];
    return separator === undefined
      ? { kind: "unsupported", why: `is a list of style ${style}, which is not supported` }
      : { kind: "text", schema, how: `Values separated by ${separator}.` };
  }
  if (type !== "object") return { kind: "value", schema };
  const { properties } = resolved;
  if (place !== "query" || !isJsonObject(properties) || (style !== "deepObject" && explode !== true))
    return { kind: "unsupported", why: `is an object of style ${style}, which is not supported` };
  const required = Array.isArray(resolved["required"]) ? (resolved["required"] as readonly Json[]) : [];
  const members = Object.entries(properties).map(([name, member]) => ({
    name,
    as: style === "deepObject" ? `${String(parameter["name"])}[${name}]` : name,
    schema: member,
    required: required.includes(name),
  }));
  return { kind: "members", members };
}

function typeOf(schema: JsonObject): string | undefined {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((one: Json) => one !== "null") as string | undefined;
  return typeof type === "string" ? type : isJsonObject(schema["properties"]) ? "object" : undefined;
}

function describe(schema: JsonObject, parameter: JsonObject, shape: Shape): JsonObject {
  const own = parameter["description"] ?? schema["description"];
  const how = shape.kind === "text" ? shape.how : "";
  const text = [typeof own === "string" ? own : "", how].filter((part) => part !== "").join(" ");
  return text === "" ? schema : { ...schema, description: text };
}
