import { err, ok, type Result } from "@mcp-flowgate/core";
import { nearest } from "@mcp-flowgate/json-schema";
import { CONFIG } from "./config.ts";
import { describeField, inlineYaml } from "./describe-field.ts";
import type { Field, ObjectField } from "./field.ts";
import { resolveField } from "./resolve.ts";

/**
 * What one key means, by its dotted path: `store.kind`, `workflows.*.states.*.transitions`, `connections.*.auth`.
 * `*` stands for any name; a name of one's own works too. An unknown key is answered with the nearest one.
 */
export function explainPath(path: string): Result<string, string> {
  const segments = path.split(/[./]|\[\d*\]/).filter((segment) => segment !== "");
  let fields: readonly Field[] = [CONFIG];
  const done: string[] = [];
  for (const segment of segments) {
    const next = fields.flatMap((field) => membersOf(field, segment));
    if (next.length === 0) {
      const known = [...new Set(fields.flatMap(namesOf))];
      const close = nearest(segment, known);
      const where = done.length === 0 ? "the configuration" : `\`${done.join(".")}\``;
      const hint =
        close === undefined
          ? known.length === 0
            ? ""
            : ` Its keys are ${known.join(", ")}.`
          : ` Did you mean \`${close}\`?`;
      return err(`${where} has no key \`${segment}\`.${hint}`);
    }
    fields = next;
    done.push(segment);
  }
  const texts = fields.map((field) => explainField(field, done.join(".")));
  return ok([...new Set(texts)].join("\n"));
}

function membersOf(field: Field, segment: string): readonly Field[] {
  const resolved = resolveField(field);
  switch (resolved.kind) {
    case "object": {
      const member = Object.hasOwn(resolved.fields, segment) ? resolved.fields[segment] : undefined;
      return member === undefined ? [] : [member];
    }
    case "map":
      return [resolved.of];
    case "list":
      return segment === "*" || /^\d+$/.test(segment) ? [resolved.of] : membersOf(resolved.of, segment);
    case "variants": {
      const named = Object.hasOwn(resolved.cases, segment) ? resolved.cases[segment] : undefined;
      const inside = Object.values(resolved.cases).flatMap((one) => membersOf(one, segment));
      return named === undefined || inside.length > 0 ? inside : [named];
    }
    case "either":
      return resolved.of.flatMap((one) => membersOf(one, segment));
    default:
      return [];
  }
}

function namesOf(field: Field): readonly string[] {
  const resolved = resolveField(field);
  switch (resolved.kind) {
    case "object":
      return Object.keys(resolved.fields);
    case "list":
      return namesOf(resolved.of);
    case "variants":
      return [...Object.keys(resolved.cases), ...Object.values(resolved.cases).flatMap(namesOf)];
    case "either":
      return resolved.of.flatMap(namesOf);
    default:
      return [];
  }
}

function explainField(field: Field, path: string): string {
  const resolved = resolveField(field);
  const lines = [
    `${path === "" ? "configuration" : path}: ${describeField(field).replaceAll("\\|", "|").replaceAll("`", "")}`,
    "",
  ];
  lines.push(field.about);
  if (field !== resolved && resolved.about !== field.about) lines.push(resolved.about);
  if (field.deprecated !== undefined) lines.push("", `An older form. ${field.deprecated}`);
  if (resolved.default !== undefined) lines.push("", `Default: ${inlineYaml(resolved.default)}`);
  const example = field.example ?? resolved.example;
  if (example !== undefined) lines.push("", `Example: ${inlineYaml(example)}`);
  if (resolved.kind === "choice") {
    lines.push(
      "",
      ...resolved.values.map(
        ({ value, about, deprecated }) =>
          `  ${value}: ${about}${deprecated === undefined ? "" : ` (older: ${deprecated})`}`,
      ),
    );
  }
  if (resolved.kind === "object") lines.push("", ...keyLines(resolved));
  if (resolved.kind === "map" || resolved.kind === "list") {
    const inner = resolveField(resolved.of);
    if (inner.kind === "object")
      lines.push("", `Each ${resolved.kind === "map" ? resolved.keys : "item"}:`, ...keyLines(inner));
    if (inner.kind === "variants") lines.push(...variantLines(inner));
  }
  if (resolved.kind === "variants") lines.push(...variantLines(resolved));
  return `${lines.join("\n")}\n`;
}

function variantLines(field: {
  readonly key: string;
  readonly cases: { readonly [name: string]: ObjectField };
}): readonly string[] {
  return Object.entries(field.cases).flatMap(([name, one]) => [
    "",
    field.key === "" ? `${name}: ${one.about}` : `${field.key}: ${name} — ${one.about}`,
    ...keyLines(one),
  ]);
}

function keyLines(field: ObjectField): readonly string[] {
  const names = Object.keys(field.fields);
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const member = field.fields[name] as Field;
    const needed = field.required.includes(name) ? " (needed)" : "";
    return `  ${name.padEnd(width)}  ${firstSentence(member.about)}${needed}`;
  });
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text;
}
