import type { Json, JsonObject } from "@mcp-flowgate/core";
import { CONFIG, DEFINITIONS } from "./config.ts";
import { SCENARIO_DEFINITIONS, SCENARIOS } from "../scenarios/scenario-schema.ts";
import type { Field, ObjectField, VariantsField } from "./field.ts";
import { DURATION_PATTERN, SIZE_PATTERN } from "./units.ts";

/** Where the schema is published. */
export const SCHEMA_ID: string = "https://mcp-flowgate.dev/schemas/v1/gateway-config.schema.json";

/**
 * The configuration as a JSON Schema (2020-12) for editors and other tools. It accepts what the compiler's shape check
 * accepts, but for variables: `${VAR}` may stand wherever a number or a truth value stands.
 */
export function toConfigSchema(): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: SCHEMA_ID,
    title: "mcp-flowgate configuration",
    ...toSchema(CONFIG),
    $defs: toDefinitions(DEFINITIONS),
  };
}

/** Where the schema of scenarios is published. */
export const SCENARIOS_SCHEMA_ID: string = "https://mcp-flowgate.dev/schemas/v1/scenarios.schema.json";

/** A file of scenarios as a JSON Schema (2020-12). */
export function toScenariosSchema(): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: SCENARIOS_SCHEMA_ID,
    title: "mcp-flowgate scenarios",
    ...toSchema(SCENARIOS),
    $defs: toDefinitions(SCENARIO_DEFINITIONS),
  };
}

function toDefinitions(fields: { readonly [name: string]: Field }): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, toSchema(field)]));
}

const VARIABLE: JsonObject = { type: "string", pattern: "\\$\\{" };

function toSchema(field: Field): JsonObject {
  const about = annotations(field);
  switch (field.kind) {
    case "text":
      return {
        ...about,
        type: "string",
        ...(field.mayBeEmpty === true ? {} : { minLength: 1 }),
        ...(field.pattern === undefined ? {} : { pattern: `${field.pattern.source}|\\$\\{` }),
      };
    case "choice":
      return {
        ...about,
        enum: field.values.map(({ value }) => value),
        enumDescriptions: field.values.map(({ about, deprecated }) =>
          deprecated === undefined ? about : `${about} ${deprecated}`,
        ),
        markdownEnumDescriptions: field.values.map(({ about }) => about),
      };
    case "number":
      return {
        ...about,
        anyOf: [
          {
            type: field.whole ? "integer" : "number",
            ...(field.minimum === undefined ? {} : { minimum: field.minimum }),
            ...(field.maximum === undefined ? {} : { maximum: field.maximum }),
          },
          VARIABLE,
        ],
      };
    case "flag":
      return { ...about, anyOf: [{ type: "boolean" }, VARIABLE] };
    case "duration":
      return {
        ...about,
        anyOf: [
          { type: "number", minimum: field.minimum ?? 0 },
          { type: "string", pattern: `${DURATION_PATTERN}|\\$\\{` },
        ],
      };
    case "size":
      return {
        ...about,
        anyOf: [
          { type: "integer", minimum: 0 },
          { type: "string", pattern: `${SIZE_PATTERN}|\\$\\{` },
        ],
      };
    case "list": {
      const items = {
        type: "array",
        items: toSchema(field.of),
        ...(field.minItems === undefined ? {} : { minItems: field.minItems }),
      };
      return field.orOne === true ? { ...about, anyOf: [items, toSchema(field.of)] } : { ...about, ...items };
    }
    case "map":
      return {
        ...about,
        type: (field.minEntries ?? 0) === 0 ? ["object", "null"] : "object",
        additionalProperties: toSchema(field.of),
        ...(field.keyPattern === undefined ? {} : { propertyNames: { pattern: field.keyPattern.source } }),
        ...(field.minEntries === undefined ? {} : { minProperties: field.minEntries }),
      };
    case "object":
      return { ...about, ...objectSchema(field, undefined, undefined) };
    case "json":
      return field.object === true ? { ...about, type: "object" } : about;
    case "schema":
      return { ...about, type: "object" };
    case "ref":
      return { ...about, $ref: `#/$defs/${field.to}` };
    case "either":
      return { ...about, anyOf: field.of.map(toSchema) };
    case "variants":
      return { ...about, ...variantsSchema(field) };
    default:
      return field satisfies never;
  }
}

function annotations(field: Field): JsonObject {
  return {
    description: field.about,
    markdownDescription: field.about,
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
    ...(field.deprecated === undefined ? {} : { deprecated: true, deprecationMessage: field.deprecated }),
  };
}

function objectSchema(
  field: ObjectField,
  key: string | undefined,
  values: readonly string[] | undefined,
): JsonObject {
  const properties: { [name: string]: Json } = {};
  if (key !== undefined && values !== undefined) {
    properties[key] = { description: field.about, markdownDescription: field.about, enum: values };
  }
  for (const [name, member] of Object.entries(field.fields)) properties[name] = toSchema(member);
  return {
    type: "object",
    properties,
    additionalProperties: false,
    ...(field.required.length === 0 ? {} : { required: field.required }),
  };
}

/** One alternative for each case. Where the key may be left out it is not required; the other keys tell the cases apart. */
function variantsSchema(field: VariantsField): JsonObject {
  const cases = Object.entries(field.cases).map(([name, one]) => {
    const names = [name, ...Object.keys(field.aliases).filter((alias) => field.aliases[alias] === name)];
    const schema = objectSchema(
      one,
      field.key === "" ? undefined : field.key,
      field.key === "" ? undefined : names,
    );
    const inferred =
      field.key === "" ||
      field.infer?.(new Set(one.required)) === name ||
      field.infer?.(new Set(Object.keys(one.fields))) === name;
    const required = [...(inferred ? [] : [field.key]), ...one.required];
    return { title: name, description: one.about, ...schema, ...(required.length === 0 ? {} : { required }) };
  });
  return { type: "object", anyOf: cases };
}
