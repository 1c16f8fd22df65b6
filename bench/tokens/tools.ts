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

/** Arguments that a schema takes: what is required, each with the first value that comes to mind. */
export function exampleOf(schema: unknown): unknown {
  const {
    type,
    enum: values,
    properties,
    required,
    items,
    minimum,
    minItems,
    anyOf,
    oneOf,
    ...rest
  } = (schema ?? {}) as Record<string, any>;
  if (rest["default"] !== undefined && rest["default"] !== null) return rest["default"];
  if (Array.isArray(values)) return values[0];
  const [alternative] = [...(anyOf ?? []), ...(oneOf ?? [])];
  if (type === undefined && alternative !== undefined) return exampleOf(alternative);
  switch (Array.isArray(type) ? type[0] : type) {
    case "object":
      return Object.fromEntries(
        ((required ?? []) as readonly string[]).map((name) => [name, exampleOf(properties?.[name])]),
      );
    case "array":
      return Array.from({ length: minItems ?? 0 }, () => exampleOf(items));
    case "number":
    case "integer":
      return minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return "2026-01-31";
  }
}
