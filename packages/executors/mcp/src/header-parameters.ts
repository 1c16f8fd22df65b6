import type { Json, JsonObject } from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";

/** What marks an argument that a Streamable HTTP server of the 2026-07-28 revision wants repeated as a header. */
const MARK = "x-mcp-header";

export function hasHeaderParameters(schema: JsonObject): boolean {
  return JSON.stringify(schema).includes(`"${MARK}"`);
}

/**
 * What is wrong with the marks of a schema, or `undefined`. A mark stands at a property that is reached through
 * `properties` alone, is the name of a header, unlike any other in either case, and its property is a text, a whole number or
 * true or false. A tool with any other mark must not be called (2026-07-28, Streamable HTTP, custom headers).
 */
export function headerFault(schema: JsonObject): string | undefined {
  const names = new Set<string>();
  const visit = (node: Json, mayBeMarked: boolean): string | undefined => {
    if (Array.isArray(node)) return first(node as readonly Json[], (item) => visit(item, false));
    if (!isJsonObject(node)) return undefined;
    if (Object.hasOwn(node, MARK)) {
      const fault = mayBeMarked ? markFault(node, names) : "stands where no argument is";
      if (fault !== undefined) return fault;
    }
    return first(Object.entries(node), ([key, value]) => {
      if (LITERAL.has(key)) return undefined;
      if (key !== "properties" || !isJsonObject(value)) return visit(value as Json, false);
      return first(Object.values(value), (property) =>
        visit(property as Json, mayBeMarked || node === schema),
      );
    });
  };
  return visit(schema, false);
}

/** Keywords whose values are data, in which the mark means nothing. */
const LITERAL = new Set(["const", "default", "enum", "examples", MARK]);

function markFault(property: JsonObject, names: Set<string>): string | undefined {
  const name = property[MARK];
  // The token of RFC 9110, section 5.6.2.
  if (typeof name !== "string" || !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name))
    return "is not the name of a header";
  if (!["string", "integer", "boolean"].includes(String(property["type"])))
    return "stands at a value that no header holds";
  const isNew = !names.has(name.toLowerCase());
  names.add(name.toLowerCase());
  return isNew ? undefined : "names the same header twice";
}

function first<T>(items: readonly T[], judge: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = judge(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
