/** A tool as a server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [keyword: string]: unknown };
}

/** Many servers' tools as those of one, so their names carry the server's. */
export function readTools(lines: string, count: number): readonly ListedTool[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, count)
    .map((line) => {
      const { id, description, inputSchema } = JSON.parse(line) as {
        readonly id: string;
        readonly description?: string | null;
        readonly inputSchema?: object;
      };
      return {
        name: id.replaceAll("/", ".").replace(/[^A-Za-z0-9_.-]/g, "_"),
        description: description ?? "",
        inputSchema: { ...inputSchema, type: "object" },
      };
    });
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Arguments that a schema takes: what is required, each with the first value that comes to mind. */
export function exampleOf(schema: Schema): unknown {
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const [alternative] = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (schema.type === undefined && alternative !== undefined) return exampleOf(alternative);
  switch (typeof schema.type === "string" ? schema.type : schema.type?.[0]) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, exampleOf(schema.properties?.[name] ?? {})]),
      );
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}));
    case "number":
    case "integer":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return "2026-01-31";
  }
}
