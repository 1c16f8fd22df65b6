import type { Report } from "../diagnostics/reporter.ts";
import { quote, type ConfigNode, type MapEntry, type ScalarNode } from "./config-node.ts";

/** Where variables and secret files come from, already read where reading is asynchronous. */
export interface Variables {
  readonly env: (name: string) => string | undefined;
  /** Contents by the path as written, or why there are none. */
  readonly files: ReadonlyMap<string, { readonly text: string } | { readonly message: string }>;
  /** Takes each value that came from outside the configuration. */
  readonly keepSecret: (value: string) => void;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What readers see of a value that came from outside. */
const HIDDEN = "[secret]";
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}?/g;

/** The paths of every `${file:…}` below `node`. */
export function secretFilesOf(node: ConfigNode, found: Set<string> = new Set()): ReadonlySet<string> {
  if (node.kind === "scalar") {
    if (typeof node.value === "string" && node.value.includes("${file:")) {
      for (const [, inner] of node.value.matchAll(REFERENCE)) {
        if (inner?.startsWith("file:")) found.add(inner.slice("file:".length));
      }
    }
  } else if (node.kind === "list") for (const item of node.items) secretFilesOf(item, found);
  else for (const { value } of node.entries.values()) secretFilesOf(value, found);
  return found;
}

/** The tree with every `${…}` replaced. What cannot be replaced is reported and stays as written. */
export function interpolate(
  node: ConfigNode,
  variables: Variables,
  report: Report,
  done: Map<ConfigNode, ConfigNode> = new Map(),
): ConfigNode {
  if (node.kind === "scalar" && !refers(node.value)) return node;
  const known = done.get(node);
  if (known !== undefined) return known;
  const result = replaced(node, variables, report, done);
  // What refers to nothing is the same each time, and most of a configuration does.
  if (result !== node) done.set(node, result);
  return result;
}

function replaced(
  node: ConfigNode,
  variables: Variables,
  report: Report,
  done: Map<ConfigNode, ConfigNode>,
): ConfigNode {
  if (node.kind === "scalar")
    return refers(node.value) ? interpolateScalar(node, node.value, variables, report) : node;
  // Most of a configuration refers to nothing: a copy is made where something below differs.
  if (node.kind === "list") {
    let items: ConfigNode[] | undefined;
    for (const [index, item] of node.items.entries()) {
      const value = interpolate(item, variables, report, done);
      if (value !== item) items ??= node.items.slice();
      if (items !== undefined) items[index] = value;
    }
    return items === undefined ? node : { ...node, items };
  }
  let entries: Map<string, MapEntry> | undefined;
  for (const [key, entry] of node.entries) {
    const value = interpolate(entry.value, variables, report, done);
    if (value === entry.value) continue;
    entries ??= new Map(node.entries);
    entries.set(key, { key: entry.key, value });
  }
  return entries === undefined ? node : { ...node, entries };
}

function refers(value: ScalarNode["value"]): value is string {
  return typeof value === "string" && value.includes("${");
}

function interpolateScalar(
  node: ScalarNode,
  template: string,
  variables: Variables,
  report: Report,
): ScalarNode {
  let references = 0;
  let secrets = 0;
  const shown: string[] = [];
  const value = template.replaceAll(REFERENCE, (whole: string, inner: string | undefined) => {
    if (inner === undefined) {
      shown.push("${");
      return "${";
    }
    references += 1;
    if (!whole.endsWith("}")) {
      report("FG111", node, `${quote(whole)} is not closed`, { hint: "Write `$${` for a literal `${`." });
      shown.push(whole);
      return whole;
    }
    const resolved = resolveReference(inner, variables);
    if ("problem" in resolved) {
      report(resolved.code, node, resolved.problem, { hint: resolved.hint });
      shown.push(whole);
      return whole;
    }
    const isSecret = resolved.secret && resolved.text !== "";
    if (isSecret) {
      secrets += 1;
      variables.keepSecret(resolved.text);
    }
    shown.push(isSecret ? HIDDEN : resolved.text);
    return resolved.text;
  });
  if (references === 0 && value === template) return node;
  if (secrets === 0) return { ...node, value, template };
  let index = 0;
  return { ...node, value, template, shown: template.replaceAll(REFERENCE, () => shown[index++] ?? "") };
}

type Resolved =
  | { readonly text: string; readonly secret: boolean }
  | { readonly code: "FG110" | "FG111" | "FG114"; readonly problem: string; readonly hint?: string };

function resolveReference(inner: string, variables: Variables): Resolved {
  if (inner.startsWith("file:")) {
    const path = inner.slice("file:".length);
    const file = variables.files.get(path);
    if (file !== undefined && "text" in file) return { text: file.text, secret: true };
    return {
      code: "FG114",
      problem: `the file ${quote(path)} cannot be read: ${file?.message ?? "no reader"}`,
    };
  }
  const bare = inner.startsWith("env.") ? inner.slice("env.".length) : inner;
  const [, name = bare, operator, rest = ""] = /^([^:]*):([-?])(.*)$/s.exec(bare) ?? [];
  if (!NAME.test(name)) {
    return {
      code: "FG111",
      problem: `\${${inner}} is not a variable reference`,
      hint: "The forms are ${VAR}, ${VAR:-default}, ${VAR:?message}, ${env.VAR} and ${file:path}; write `$${` for a literal `${`.",
    };
  }
  const value = variables.env(name);
  // As in a shell, the `:` forms take an empty variable for an unset one.
  if (value !== undefined && (value !== "" || operator === undefined)) return { text: value, secret: true };
  if (operator === "-") return { text: rest, secret: false };
  return {
    code: "FG110",
    problem: operator === "?" && rest !== "" ? `\${${name}} is not set: ${rest}` : `\${${name}} is not set`,
    hint: `Set ${name}, or give a default: \${${name}:-value}.`,
  };
}
