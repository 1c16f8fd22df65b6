import {
  CONFIG,
  DEFINITIONS,
  type Field,
  type ObjectField,
  type VariantsField,
} from "@mcp-flowgate/config-compiler";

/** The configuration as it is written, as TypeScript types: for configurations that programs make. */
export function renderTypes(): string {
  const lines = [
    "// Written by packages/config-compiler/generate/generate.ts from the schema in the code. Do not edit.",
    'import type { Json, JsonObject } from "@mcp-flowgate/core";',
    "",
    "/** Milliseconds, or a text such as `30s`. */",
    "export type Duration = number | string;",
    "",
    "/** Bytes, or a text such as `4MiB`. */",
    "export type Size = number | string;",
  ];
  for (const [name, field] of Object.entries(DEFINITIONS)) {
    lines.push("", `/** ${field.about} */`, `export type ${typeName(name)} = ${typeOf(field, 0)};`);
  }
  lines.push(
    "",
    `/** ${CONFIG.about} */`,
    `export interface GatewayConfig ${objectType(CONFIG, undefined, 0)}`,
  );
  return `${lines.join("\n")}\n`;
}

function typeName(name: string): string {
  return `Gateway${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;
}

function typeOf(field: Field, depth: number): string {
  switch (field.kind) {
    case "text":
      return "string";
    case "choice":
      return field.values.map(({ value }) => JSON.stringify(value)).join(" | ");
    case "number":
      return "number";
    case "flag":
      return "boolean";
    case "duration":
      return "Duration";
    case "size":
      return "Size";
    case "list": {
      const item = typeOf(field.of, depth);
      const list = `readonly (${item})[]`;
      return field.orOne === true ? `${list} | ${item}` : list;
    }
    case "map":
      return `{ readonly [${field.keys}: string]: ${typeOf(field.of, depth)} }`;
    case "object":
      return objectType(field, undefined, depth);
    case "json":
      return field.object === true ? "JsonObject" : "Json";
    case "schema":
      return "JsonObject";
    case "ref":
      return typeName(field.to);
    case "either":
      return field.of.map((one) => typeOf(one, depth)).join(" | ");
    case "variants":
      return variantsType(field, depth);
    default:
      return field satisfies never;
  }
}

function variantsType(field: VariantsField, depth: number): string {
  return Object.entries(field.cases)
    .map(([name, one]) => {
      if (field.key === "") return objectType(one, undefined, depth);
      const names = [name, ...Object.keys(field.aliases).filter((alias) => field.aliases[alias] === name)];
      const implied =
        field.infer?.(new Set([...one.required, ...Object.keys(one.fields)])) === name ||
        field.infer?.(new Set(one.required)) === name;
      const key = `readonly ${field.key}${implied ? "?" : ""}: ${names.map((value) => JSON.stringify(value)).join(" | ")}`;
      return objectType(one, key, depth);
    })
    .join(" | ");
}

function objectType(field: ObjectField, key: string | undefined, depth: number): string {
  const indent = "  ".repeat(depth + 1);
  const members = Object.entries(field.fields).flatMap(([name, member]) => {
    const optional = field.required.includes(name) ? "" : "?";
    return [
      `${indent}/** ${member.about.replaceAll("*/", "*\\/")} */`,
      `${indent}readonly ${name}${optional}: ${typeOf(member, depth + 1)};`,
    ];
  });
  const lines = [...(key === undefined ? [] : [`${indent}${key};`]), ...members];
  return lines.length === 0 ? "Record<string, never>" : `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}
