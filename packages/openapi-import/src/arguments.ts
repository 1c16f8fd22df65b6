import { createRecord, type Json, type JsonObject } from "@mcp-flowgate/core";

/** The arguments of one operation: one name for each value that a caller gives, whatever part of the request it goes to. */
export interface Arguments {
  /** Adds an argument and returns the path of its value. A name that is taken gets the place behind it. */
  add(wanted: string, place: string, schema: JsonObject, required: boolean): string;
  /** The schema of them all. */
  toSchema(definitions: JsonObject): JsonObject;
}

export function createArguments(): Arguments {
  const properties = createRecord<Json>();
  const required: string[] = [];
  return {
    add(wanted, place, schema, isRequired) {
      let name = wanted;
      for (let more = 1; Object.hasOwn(properties, name); more++)
        name = more === 1 ? `${wanted}_${place}` : `${wanted}_${place}_${more}`;
      properties[name] = schema;
      if (isRequired) required.push(name);
      return `$.arguments[${JSON.stringify(name)}]`;
    },
    toSchema: (definitions) => ({
      type: "object",
      properties,
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
    }),
  };
}
