import type { Json } from "@mcp-flowgate/core";
import type { SourceProblem } from "./expr-error.ts";
import { parsePath } from "./path.ts";
import { compileReader } from "./read.ts";
import type { Reader } from "./read.ts";
import type { TemplateError } from "./template-error.ts";
import { broken, inexactNumber, MISSING, missing } from "./template-run.ts";
import type { Resolve, TemplateRun } from "./template-run.ts";

/** The longest text that one string template may grow to, in UTF-16 units. */
const MAX_TEXT = 4_194_304;

/** `{{ $.path }}`, and its escaped form `{{ $$.path }}`. */
const SLOT = /\{\{\s*(\$\$?[.[](?:(?!\}\}).)*?)\s*\}\}/gsu;
const OPEN_SLOT = /\{\{\s*\$[.[]/u;

/** What compiling a template gathers. */
export interface Gathered {
  readonly paths: Set<string>;
  readonly errors: TemplateError[];
}

/**
 * Plans a string of a template.
 * @param optional whether a missing path, where the string is wholly one, gives null
 */
export function planString(
  text: string,
  pointer: string,
  { paths, errors }: Gathered,
  optional: boolean,
): Resolve {
  const compilePath = (source: string, offset: number): ReadablePath | undefined => {
    const parsed = parsePath(source);
    if ("path" in parsed) {
      paths.add(parsed.path.text);
      return { text: parsed.path.text, read: compileReader(parsed.path) };
    }
    for (const problem of parsed.problems) errors.push(toTemplateError(problem, pointer, offset, source));
    return undefined;
  };
  if (text.startsWith("$$.") || text.startsWith("$$[")) {
    const literal = text.slice(1);
    return () => literal;
  }
  if (isWholePath(text)) {
    const path = compilePath(text, 0);
    return path === undefined ? () => MISSING : (run) => readWhole(run, path, pointer, optional);
  }
  const parts = splitSlots(text, compilePath);
  const open = OPEN_SLOT.exec(text.slice(parts.end));
  if (open !== null) {
    errors.push({
      code: "FG511",
      message: "`{{` has no closing `}}`",
      pointer,
      offset: parts.end + open.index,
      length: 2,
    });
  }
  if (parts.slots.length === 0) return () => parts.rest;
  return (run) => joinSlots(run, parts.slots, parts.rest, pointer);
}

interface ReadablePath {
  readonly text: string;
  readonly read: Reader;
}

interface Slot {
  /** The text before it. */
  readonly before: string;
  readonly path: ReadablePath | undefined;
}

function splitSlots(
  text: string,
  compilePath: (source: string, offset: number) => ReadablePath | undefined,
): { readonly slots: readonly Slot[]; readonly rest: string; readonly end: number } {
  const slots: Slot[] = [];
  let before = "";
  let at = 0;
  for (const match of text.matchAll(SLOT)) {
    const source = match[1] as string;
    before += text.slice(at, match.index);
    at = match.index + match[0].length;
    if (source.startsWith("$$")) {
      before += match[0].replace("$$", "$");
      continue;
    }
    slots.push({ before, path: compilePath(source, match.index + match[0].indexOf("$")) });
    before = "";
  }
  return { slots, rest: before + text.slice(at), end: at };
}

function joinSlots(
  run: TemplateRun,
  slots: readonly Slot[],
  rest: string,
  pointer: string,
): Json | typeof MISSING {
  let text = "";
  let complete = true;
  for (const { before, path } of slots) {
    const value = path === undefined ? MISSING : readWhole(run, path, pointer, false);
    if (value === MISSING) complete = false;
    else if (text.length <= MAX_TEXT) text += before + textOf(value);
  }
  if (!complete) return MISSING;
  text += rest;
  return text.length <= MAX_TEXT
    ? text
    : broken(run, pointer, slots[0]?.path?.text ?? "", `the text grows beyond ${MAX_TEXT} characters`);
}

function readWhole(
  run: TemplateRun,
  { read, text }: ReadablePath,
  pointer: string,
  optional: boolean,
): Json | typeof MISSING {
  const value = read(run.scope);
  if (value === undefined) return optional ? null : missing(run, pointer, text);
  const inexact = inexactNumber(value);
  return inexact === undefined ? value : broken(run, pointer, text, inexact);
}

/** Whether a string is wholly a path, well-formed or not, so that its value is not known beforehand. */
export function isWholePath(text: string): boolean {
  return text.startsWith("$.") || text.startsWith("$[") || text === "$";
}

/** A value as text: a string as it is, anything else as its JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function toTemplateError(
  problem: SourceProblem,
  pointer: string,
  offset: number,
  source: string,
): TemplateError {
  const escape = source === "$" ? "" : "; write `$$` for a literal `$`";
  return {
    code: problem.code === "FG504" || problem.code === "FG502" ? problem.code : "FG509",
    message: `${problem.message}${escape}`,
    pointer,
    offset: offset + problem.offset,
    length: problem.length,
  };
}
