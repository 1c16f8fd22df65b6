const MAX_NAMES = 40;
const MAX_DEPTH = 2;

/** Names of the parameters of a JSON Schema, nested ones to depth two, at most 40, in declaration order. */
export function parameterNames(schema: unknown): string[] {
  const names: string[] = [];
  collect(schema, 1, names);
  return names;
}

function collect(schema: unknown, depth: number, names: string[]): void {
  if (typeof schema !== "object" || schema === null) return;
  const properties = (schema as { readonly properties?: unknown }).properties;
  if (typeof properties === "object" && properties !== null) {
    for (const [name, property] of Object.entries(properties)) {
      if (names.length >= MAX_NAMES) return;
      names.push(name.slice(0, 60));
      if (depth < MAX_DEPTH) collect(property, depth + 1, names);
    }
  }
  const items = (schema as { readonly items?: unknown }).items;
  if (items !== undefined && depth <= MAX_DEPTH) collect(items, depth, names);
}
