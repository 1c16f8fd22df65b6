import type { Json } from "@mcp-flowgate/core";
import type { Field } from "./field.ts";
import { resolveField } from "./resolve.ts";

/** The kind of a field's values in a few words, for people. */
export function describeField(field: Field): string {
  const resolved = resolveField(field);
  switch (resolved.kind) {
    case "text":
      return resolved.format === undefined
        ? "text"
        : { url: "URL", timezone: "time zone", address: "host:port", destination: "host, address or range" }[
            resolved.format
          ];
    case "choice":
      return resolved.values.map(({ value }) => `\`${value}\``).join(" \\| ");
    case "number":
      return `${resolved.whole ? "whole number" : "number"}${bounds(resolved.minimum, resolved.maximum)}`;
    case "flag":
      return "true or false";
    case "duration":
      return "duration";
    case "size":
      return "size";
    case "list":
      return `list of ${describeField(resolved.of)}${resolved.orOne === true ? ", or one" : ""}`;
    case "map":
      return `map of ${resolved.keys} to ${describeField(resolved.of)}`;
    case "object":
      return "map";
    case "json":
      return resolved.object === true ? "map of templates" : "template or value";
    case "schema":
      return "JSON Schema";
    case "either":
      return resolved.of.map(describeField).join(" or ");
    case "variants":
      return resolved.key === "" ? "map" : `map by \`${resolved.key}\``;
    default:
      return resolved satisfies never;
  }
}

/** A value as a line of YAML's flow style. */
export function inlineYaml(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => inlineYaml(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, item]) => `${inlineYaml(key)}: ${inlineYaml(item)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[A-Za-z/$.][\w./$*@-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}

function bounds(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, at least ${minimum}`;
  return maximum === undefined ? "" : `, at most ${maximum}`;
}
