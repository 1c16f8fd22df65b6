import type { ListedTool, Mocks } from "@mcp-flowgate/config-compiler";
import { getOwn, isJsonObject, type JsonObject } from "@mcp-flowgate/core";

/** The tools that a mocked server lists. */
export function toListedTools(mocks: Mocks, connection: string): readonly ListedTool[] {
  return (getOwn(mocks, connection)?.tools ?? []).flatMap((tool) => {
    const { name, description, inputSchema, annotations } = tool;
    if (typeof name !== "string") return [];
    return [
      {
        name,
        ...(typeof description === "string" ? { description } : {}),
        inputSchema: objectOf(inputSchema) ?? { type: "object" },
        ...(objectOf(annotations) === undefined ? {} : { annotations: objectOf(annotations) as JsonObject }),
      },
    ];
  });
}

function objectOf(value: JsonObject[string] | undefined): JsonObject | undefined {
  return value !== undefined && isJsonObject(value) ? value : undefined;
}
