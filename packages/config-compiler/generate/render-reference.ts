import {
  CONFIG,
  DEFINITIONS,
  describeField,
  DIAGNOSTIC_CODES,
  inlineYaml,
  type Field,
  type ObjectField,
  type VariantsField,
} from "@mcp-flowgate/config-compiler";

/** The configuration reference, in Markdown. */
export function renderConfigurationReference(): string {
  const lines = [
    "# Configuration reference",
    "",
    "<!-- Written by packages/config-compiler/generate/generate.ts from the schema in the code. Do not edit. -->",
    "",
    "One YAML or JSON document, or several that are merged. `flowgate-check FILE` says everything that is wrong with it,",
    "`flowgate-check explain KEY` explains one key, for example `flowgate-check explain connections.*.auth`.",
    "For completion and hints in an editor, begin the file with:",
    "",
    "```yaml",
    "# yaml-language-server: $schema=https://mcp-flowgate.dev/schemas/v1/gateway-config.schema.json",
    "```",
    "",
    ...NOTES,
    "",
    "## Top level",
    "",
    ...keyTable(CONFIG),
    "",
  ];
  for (const [name, field] of Object.entries(CONFIG.fields)) {
    const section = sectionOf(`\`${name}\``, field, 2);
    if (section.length > 0) lines.push(...section);
  }
  for (const [name, field] of Object.entries(DEFINITIONS)) lines.push(...sectionOf(`A ${name}`, field, 2));
  return `${lines
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

const NOTES: readonly string[] = [
  "## How files become one document",
  "",
  "- `include` names files or globs, seen from the file that names them. They are loaded in order, then the file itself on top.",
  "  Further files on the command line are overlays by the same rule. Maps merge key by key, lists are joined, other values are",
  "  replaced by the later one. `!replace [ … ]` and `!replace { … }` replace instead. A file that is reached twice counts once.",
  "- `${VAR}`, `${env.VAR}`, `${VAR:-default}`, `${VAR:?message}` and `${file:path}` may stand in any text; `$${` is a literal",
  "  `${`. As in a shell, the forms with `:` take an empty variable for an unset one. What comes in from outside is secret:",
  "  values of four characters and more are masked in messages, logs, records and the shown configuration. Texts that are there",
  "  to be read, such as a `title`, a `description`, `guidance`, `tags` or the question to a person, show `[secret]` in their",
  "  place wherever they are shown or searched, and the checker says so (`FG622`). The default in `${VAR:-default}` stands in",
  "  the file and is no secret; the variable's value is. A schema cannot be kept to without being seen: a value from outside in",
  "  `enum`, `const`, `default` or `pattern` is refused (`FG623`). What is put into `initialContext`, `prefill`, `output` or",
  "  `queue` is data, which callers and those who decide see as it is; errors and `workflow.explain` hide it.",
  "- A number or truth value may come from a variable: `links: ${LINKS:-20}`.",
  "- Durations are `500ms`, `30s`, `5m`, `24h`, `30d`; where the key ends in `Ms`, a number is milliseconds. Sizes are `256KiB`,",
  "  `4MiB`; a number is bytes.",
  "- Relative paths in `connections` (`command` beginning with `./` or `../`, `cwd`, `workingDirectory`), `store`, `audit`,",
  "  `server` and `identity` are seen from the file that wrote them; `~/` is the home folder.",
  "",
  "## What follows from what",
  "",
  "- A capability that wraps another one inherits executor, schemas, title and description where it has none of its own; tags,",
  "  aliases and examples are joined; guards are added after the base's; reliability is merged field by field, a `fallback` as a whole.",
  "- `executor: { capability: name }` in a transition puts the capability's guards before the transition's own, its reliability",
  "  below it, and lends it its schemas where the transition has none (the input schema not to deterministic transitions, which",
  "  have no arguments). Guards of a capability named in a fallback or in `onApprove` are checked with the transition's.",
  "- Any tool of an imported server can be wrapped by its prefixed name, also one that `exclude` keeps from callers.",
  "- The same capability exposed under two names is two entries.",
  "- An executor is `read` for `noop` and for HTTP GET, HEAD and OPTIONS, `idempotent` for `human` and `workflow` and where a key",
  "  is declared, and `once` otherwise, unless `idempotent` or `effect` says more.",
  "- A call with `effect: reconcile` is repeated only where its `probe` says that it did not take effect; `retry` also repeats what",
  "  was not sent. Where the probe cannot tell, the instance waits for a person, as with `once`.",
  "- A workflow's `timeoutMs` without `onTimeout` leads to its state `failed`, where it has one.",
];

function keyTable(field: ObjectField, key?: string): readonly string[] {
  const rows = Object.entries(field.fields).map(([name, member]) => {
    const needed = field.required.includes(name) ? " **needed**" : "";
    const fallback = defaultOf(member);
    return `| \`${name}\`${needed} | ${describeField(member)} | ${fallback} | ${cell(aboutOf(member))} |`;
  });
  if (rows.length === 0) return key === undefined ? [] : ["No further keys."];
  return ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...rows];
}

function defaultOf(field: Field): string {
  const value = field.default ?? (field.kind === "ref" ? DEFINITIONS[field.to]?.default : undefined);
  return value === undefined ? "" : `\`${inlineYaml(value)}\``;
}

function aboutOf(field: Field): string {
  const parts = [field.about];
  if (field.deprecated !== undefined) parts.push(`*Older form: ${field.deprecated}*`);
  if (field.kind === "choice") {
    parts.push(
      ...field.values.map(
        ({ value, about, deprecated }) =>
          `\`${value}\`: ${about}${deprecated === undefined ? "" : ` *Older form: ${deprecated}*`}`,
      ),
    );
  }
  if (field.example !== undefined && field.kind !== "flag")
    parts.push(`Example: \`${inlineYaml(field.example)}\``);
  return parts.join("<br>");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** A heading with the keys of what is inside, and the same for what is inside that. */
function sectionOf(title: string, field: Field, level: number): readonly string[] {
  if (field.kind === "ref") return [];
  const inner = elementOf(field);
  if (inner.kind !== "object" && inner.kind !== "variants" && inner.kind !== "either") return [];
  const lines = ["", `${"#".repeat(Math.min(level, 6))} ${title}`, "", field.about];
  if (field.example !== undefined) lines.push("", "```yaml", inlineYaml(field.example), "```");
  if (inner !== field && inner.about !== field.about) lines.push("", inner.about);
  if (inner.kind === "object") lines.push("", ...keyTable(inner), ...nested(inner, title, level));
  else if (inner.kind === "variants") lines.push(...variantSections(inner, title, level));
  else for (const one of inner.of) lines.push(...sectionOf(title, one, level + 1).slice(2));
  return lines;
}

function variantSections(field: VariantsField, title: string, level: number): readonly string[] {
  return Object.entries(field.cases).flatMap(([name, one]) => {
    const heading = field.key === "" ? `${title}: ${name}` : `${title}: \`${field.key}: ${name}\``;
    return [
      "",
      `${"#".repeat(Math.min(level + 1, 6))} ${heading}`,
      "",
      one.about,
      "",
      ...keyTable(one, field.key),
      ...nested(one, heading, level + 1),
    ];
  });
}

function nested(field: ObjectField, title: string, level: number): readonly string[] {
  const base = title.startsWith("`") ? title : "";
  return Object.entries(field.fields).flatMap(([name, member]) =>
    sectionOf(`${base}${base === "" ? "" : " "}\`${name}\``, member, level + 1),
  );
}

function elementOf(field: Field): Field {
  let current = field;
  while (current.kind === "list" || current.kind === "map") current = current.of;
  return current;
}

/** Every code that the checker can give, in Markdown. */
export function renderDiagnosticsReference(): string {
  const lines = [
    "# Diagnostics",
    "",
    "<!-- Written by packages/config-compiler/generate/generate.ts from the code. Do not edit. -->",
    "",
    "What the compiler and the checker say about a configuration. `flowgate-check --explain FG402` prints one of these.",
    "Errors keep a gateway from starting; warnings fail a check with `--strict`; notices fail nothing.",
  ];
  const families = [
    ["FG1", "Loading"],
    ["FG2", "Shape"],
    ["FG3", "References"],
    ["FG4", "States"],
    ["FG5", "Expressions"],
    ["FG6", "Governance"],
    ["FG7", "What was tried"],
  ] as const;
  for (const [prefix, title] of families) {
    lines.push("", `## ${prefix}xx: ${title}`);
    for (const [code, { title: name, severity, explanation, example, fix }] of Object.entries(
      DIAGNOSTIC_CODES,
    )) {
      if (!code.startsWith(prefix)) continue;
      lines.push(
        "",
        `### ${code}: ${name}`,
        "",
        `*${severity}*`,
        "",
        explanation,
        "",
        "```yaml",
        example,
        "```",
        "",
        `**Fix:** ${fix}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
