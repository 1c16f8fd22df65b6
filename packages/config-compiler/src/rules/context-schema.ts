import {
  createRecord,
  getOwn,
  isJsonObject,
  type Json,
  type JsonObject,
  type WorkflowIr,
} from "@mcp-flowgate/core";

/**
 * A JSON Schema of what the context of a workflow can hold: the initial context and the output mappings, each name with
 * what they say about it. Which values are there yet depends on the path: every value that something produces is taken
 * to be there.
 */
export function contextSchemaOf(workflow: WorkflowIr): JsonObject {
  const given = new Map<string, Json[]>();
  const add = (name: string, schema: Json): void => {
    const [root = name, ...below] = name.split(".");
    given.set(root, [...(given.get(root) ?? []), below.length === 0 ? schema : ANYTHING]);
  };
  for (const [name, value] of Object.entries(workflow.initialContext)) add(name, schemaOfValue(value));
  for (const { mapping, scopes } of mappingsOf(workflow)) {
    for (const [name, template] of Object.entries(mapping)) add(name, schemaOfTemplate(template, scopes));
  }
  const properties = createRecord<Json>();
  for (const [name, schemas] of given) properties[name] = either(schemas);
  return { type: "object", properties, required: [...given.keys()] };
}

/** The schemas of what a mapping can read, by the beginning of its paths. */
type Scopes = { readonly [root: string]: JsonObject | undefined };

function* mappingsOf(
  workflow: WorkflowIr,
): Generator<{ readonly mapping: { readonly [name: string]: Json }; readonly scopes: Scopes }> {
  const input = { "$.workflow.input": workflow.inputSchema, "$.input": workflow.inputSchema };
  const plain = (mapping: { readonly [name: string]: Json } | undefined) => ({
    mapping: mapping ?? {},
    scopes: input,
  });
  yield plain(workflow.onTimeout?.output);
  for (const state of Object.values(workflow.states)) {
    yield plain(state.onEnter?.output);
    yield plain(state.onTimeout?.output);
    for (const { output, inputSchema, outputSchema } of Object.values(state.transitions)) {
      yield { mapping: output, scopes: { ...input, "$.arguments": inputSchema, "$.output": outputSchema } };
    }
  }
}

const ANYTHING: JsonObject = {};
const NUMERIC: readonly string[] = ["add", "subtract", "multiply", "length"];
const PATH = /^(\$(?:\.workflow)?\.[a-z]+)\.([A-Za-z_]\w*)$/;

/** What a template gives, where that can be told from the template and the schemas of what it reads. */
function schemaOfTemplate(template: Json, scopes: Scopes): JsonObject {
  if (typeof template === "string" && template.includes("$")) {
    const [, root = "", name = ""] = PATH.exec(template) ?? [];
    const schema = getOwn(scopes, root);
    const properties = isJsonObject(schema) ? getOwn(schema, "properties") : undefined;
    const property = isJsonObject(properties) ? getOwn(properties, name) : undefined;
    // A reference means something else outside of the schema that it stands in.
    return isJsonObject(property) && !JSON.stringify(property).includes('"$') ? property : ANYTHING;
  }
  if (Array.isArray(template)) return { type: "array" };
  if (!isJsonObject(template)) return schemaOfValue(template);
  const [only = ""] = Object.keys(template);
  return NUMERIC.includes(only) && Object.keys(template).length === 1 ? { type: "number" } : ANYTHING;
}

function schemaOfValue(value: Json): JsonObject {
  if (value === null) return { type: "null" };
  if (Array.isArray(value)) return { type: "array" };
  if (!isJsonObject(value)) return { type: typeof value };
  const properties = createRecord<Json>();
  for (const [name, member] of Object.entries(value)) properties[name] = schemaOfValue(member);
  return { type: "object", properties, required: Object.keys(value) };
}

/** One of several; anything where one of them is anything. */
function either(schemas: readonly Json[]): Json {
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  if (different.some((schema) => isJsonObject(schema) && Object.keys(schema).length === 0)) return ANYTHING;
  return different.length === 1 ? (different[0] as Json) : { anyOf: different };
}
