import { isJsonObject, type Json } from "@mcp-flowgate/core";

/** What a keyword's value must be; `expected` completes the sentence "… must be". */
interface KeywordShape {
  readonly expected: string;
  accepts(value: Json): boolean;
}

/** JSON Schema's own type names. */
export const SCHEMA_TYPES: readonly string[] = [
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
];

const isCount = (value: Json): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isString = (value: Json): boolean => typeof value === "string";
const isNumber = (value: Json): boolean => typeof value === "number" && Number.isFinite(value);
const isBoolean = (value: Json): boolean => typeof value === "boolean";
const isNames = (value: Json): boolean =>
  Array.isArray(value) && value.every(isString) && new Set(value).size === value.length;
const isSchema = (value: Json): boolean => typeof value === "boolean" || isJsonObject(value);
const isSchemaList = (value: Json): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isSchema);
const isSchemaMap = (value: Json): boolean => isJsonObject(value) && Object.values(value).every(isSchema);

const count: KeywordShape = { expected: "a whole number that is not negative", accepts: isCount };
const text: KeywordShape = { expected: "a string", accepts: isString };
const number: KeywordShape = { expected: "a number", accepts: isNumber };
const flag: KeywordShape = { expected: "true or false", accepts: isBoolean };
const names: KeywordShape = { expected: "a list of different strings", accepts: isNames };
const schema: KeywordShape = { expected: "a schema (an object, true or false)", accepts: isSchema };
const schemas: KeywordShape = { expected: "a list of at least one schema", accepts: isSchemaList };
const schemaMap: KeywordShape = { expected: "an object whose values are schemas", accepts: isSchemaMap };

/** The assertions and applicators of draft-07 to 2020-12. A keyword that is not here is an annotation. */
export const KEYWORD_SHAPES: ReadonlyMap<string, KeywordShape> = new Map<string, KeywordShape>([
  [
    "type",
    {
      expected: `one of ${SCHEMA_TYPES.join(", ")}, or a list of them`,
      accepts: (value) =>
        Array.isArray(value)
          ? value.length > 0 && isNames(value) && value.every((item) => SCHEMA_TYPES.includes(item as string))
          : SCHEMA_TYPES.includes(value as string),
    },
  ],
  ["enum", { expected: "a list of the allowed values", accepts: (value) => Array.isArray(value) }],
  ["properties", schemaMap],
  ["patternProperties", schemaMap],
  ["$defs", schemaMap],
  ["definitions", schemaMap],
  ["dependentSchemas", schemaMap],
  ["additionalProperties", schema],
  ["unevaluatedProperties", schema],
  ["propertyNames", schema],
  ["additionalItems", schema],
  ["unevaluatedItems", schema],
  ["contains", schema],
  ["contentSchema", schema],
  ["not", schema],
  ["if", schema],
  ["then", schema],
  ["else", schema],
  ["allOf", schemas],
  ["anyOf", schemas],
  ["oneOf", schemas],
  ["prefixItems", schemas],
  [
    "items",
    {
      expected: "a schema or a list of schemas",
      accepts: (value) => isSchema(value) || (Array.isArray(value) && value.every(isSchema)),
    },
  ],
  ["required", names],
  ["minLength", count],
  ["maxLength", count],
  ["minItems", count],
  ["maxItems", count],
  ["minProperties", count],
  ["maxProperties", count],
  ["minContains", count],
  ["maxContains", count],
  ["minimum", number],
  ["maximum", number],
  ["exclusiveMinimum", number],
  ["exclusiveMaximum", number],
  [
    "multipleOf",
    { expected: "a number above 0", accepts: (value) => isNumber(value) && (value as number) > 0 },
  ],
  ["uniqueItems", flag],
  ["pattern", text],
  ["format", text],
  ["title", text],
  ["description", text],
  ["$comment", text],
  ["$ref", text],
  ["$dynamicRef", text],
  ["$recursiveRef", text],
  ["$anchor", text],
  ["$dynamicAnchor", text],
  ["$id", text],
  ["$schema", text],
  [
    "dependentRequired",
    {
      expected: "an object whose values are lists of names",
      accepts: (value) => isJsonObject(value) && Object.values(value).every(isNames),
    },
  ],
  [
    "dependencies",
    {
      expected: "an object whose values are schemas or lists of names",
      accepts: (value) =>
        isJsonObject(value) && Object.values(value).every((item) => isSchema(item) || isNames(item)),
    },
  ],
]);
