import { err, ok } from "@mcp-flowgate/core";
import type { Json, Result } from "@mcp-flowgate/core";
import type { SourceProblem } from "./expr-error.ts";
import { excerpt, parsePath } from "./path.ts";
import { compileReader } from "./read.ts";
import type { Reader } from "./read.ts";
import type { Scope } from "./scope.ts";
import type { TemplateError, Unresolved } from "./template-error.ts";
import { inexactNumber } from "./template-run.ts";

/** A URL path with `{variables}` that is ready to be resolved. */
export interface CompiledPathTemplate {
  /** The path with every variable percent-encoded, or the variables that have no usable value. Never throws. */
  resolve(scope: Scope): Result<string, readonly Unresolved[]>;
  /** The names in braces, in order, each once. */
  readonly variables: readonly string[];
}

interface Variable {
  readonly name: string;
  /** The places where it is looked for, first found wins. */
  readonly paths: readonly { readonly text: string; readonly read: Reader }[];
}

const VARIABLE_ROOTS = ["$.arguments", "$.context", "$.workflow.input"] as const;

/**
 * Compiles a URL path such as `/repos/{owner}/issues/{issue.id}`. A variable is looked for in the arguments, then the
 * context, then the workflow's input; `{$.context.owner}` names the place. A value is a string, a number or a truth
 * value, and stays within its segment: it is percent-encoded, and a segment that comes out empty, `.` or `..`, also
 * through encoded dots, is refused.
 */
export function compilePathTemplate(path: string): Result<CompiledPathTemplate, readonly TemplateError[]> {
  const errors: TemplateError[] = [];
  const segments = path.split("/").map((segment, index, all) => {
    const offset = all.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0);
    return compileSegment(segment, offset, errors);
  });
  if (errors.length > 0) return err(errors);
  const variables = [
    ...new Set(
      segments.flatMap((parts) => parts.flatMap((part) => (typeof part === "string" ? [] : [part.name]))),
    ),
  ];
  return ok({
    variables,
    resolve(scope) {
      const unresolved: Unresolved[] = [];
      const texts = segments.map((parts) => resolveSegment(scope, parts, unresolved));
      return unresolved.length > 0 ? err(unresolved) : ok(texts.join("/"));
    },
  });
}

type Part = string | Variable;

function compileSegment(segment: string, offset: number, errors: TemplateError[]): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of segment.matchAll(/\{([^{}]*)\}|[{}]/gu)) {
    const place = { pointer: "", offset: offset + match.index, length: match[0].length };
    if (match.index > at) parts.push(segment.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1]?.trim();
    if (name === undefined) {
      errors.push({
        code: "FG511",
        message: `unmatched \`${match[0]}\`; a variable is written {name}`,
        ...place,
      });
      continue;
    }
    const from = place.offset + match[0].indexOf(name);
    const escape = wrongEscape(name);
    const paths = variablePaths(name);
    if (escape !== undefined)
      errors.push({ ...escape, code: "FG502", pointer: "", offset: from + escape.offset });
    else if (paths === undefined)
      errors.push({ code: "FG509", message: `\`{${excerpt(name)}}\` does not name a variable`, ...place });
    else parts.push({ name, paths });
  }
  if (at < segment.length) parts.push(segment.slice(at));
  return parts;
}

/** What is wrong with the text of a quoted key in `name`, as an offset into it. */
function wrongEscape(name: string): SourceProblem | undefined {
  const root = name.startsWith("$") ? "" : `${VARIABLE_ROOTS[0]}.`;
  const parsed = parsePath(`${root}${name}`);
  const problem = "path" in parsed ? undefined : parsed.problems.find(({ code }) => code === "FG502");
  return problem === undefined ? undefined : { ...problem, offset: problem.offset - root.length };
}

function variablePaths(name: string): Variable["paths"] | undefined {
  if (name === "") return undefined;
  const sources = name.startsWith("$") ? [name] : VARIABLE_ROOTS.map((root) => `${root}.${name}`);
  const paths: { readonly text: string; readonly read: Reader }[] = [];
  for (const source of sources) {
    const parsed = parsePath(source);
    if (!("path" in parsed)) return undefined;
    paths.push({ text: parsed.path.text, read: compileReader(parsed.path) });
  }
  return paths;
}

function resolveSegment(scope: Scope, parts: readonly Part[], unresolved: Unresolved[]): string {
  let text = "";
  let dynamic: string | undefined;
  let failed = false;
  for (const part of parts) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    dynamic ??= part.name;
    const value = resolveVariable(scope, part);
    if ("message" in value) {
      failed = true;
      unresolved.push({ pointer: "", path: value.path, message: `{${part.name}}: ${value.message}` });
    } else text += value.text;
  }
  if (dynamic !== undefined && !failed && isDots(text)) {
    unresolved.push({
      pointer: "",
      path: dynamic,
      message: `{${dynamic}}: the segment would be \`${text}\`, which leaves its place in the path`,
    });
  }
  return text;
}

function resolveVariable(
  scope: Scope,
  { name, paths }: Variable,
): { readonly text: string } | { readonly path: string; readonly message: string } {
  for (const path of paths) {
    const value = path.read(scope);
    if (value === undefined) continue;
    const text = encodeSegment(value);
    return text.ok ? { text: text.value } : { path: path.text, message: text.error };
  }
  return { path: name, message: "not found in the arguments, the context or the workflow's input" };
}

function encodeSegment(value: Json): Result<string, string> {
  const inexact = inexactNumber(value);
  if (inexact !== undefined) return err(inexact);
  if (value === null || typeof value === "object") return err("needs a string, a number or a truth value");
  const text = String(value);
  if (text === "") return err("the value is empty");
  if (isDots(text)) return err(`the value \`${excerpt(text)}\` would leave its place in the path`);
  if (!text.isWellFormed()) return err("the value is not well-formed Unicode");
  return ok(
    encodeURIComponent(text).replaceAll(
      /[!'()*]/gu,
      (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  );
}

/** `.` or `..`, plain or through any number of percent-encodings, which a server may undo. */
function isDots(text: string): boolean {
  return /^(?:\.|%(?:25)*2e){1,2}$/iu.test(text);
}
