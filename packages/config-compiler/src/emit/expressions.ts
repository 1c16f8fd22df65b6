import type { GuardIr, Json } from "@mcp-flowgate/core";
import {
  compileExpr,
  compileGuard,
  compilePathTemplate,
  compileTemplate,
  modernizeExpr,
} from "@mcp-flowgate/guards-expr";
import { isDiagnosticCode } from "../diagnostics/codes.ts";
import type { Report } from "../diagnostics/reporter.ts";
import { scalarStep } from "../diagnostics/rewrite.ts";
import { locate } from "../source/locate.ts";
import { toJson, type ConfigNode, type Span } from "../source/config-node.ts";
import type { Cursor } from "./cursor.ts";

/** Reports every expression, template or schedule in `guard` that does not compile. */
export function checkGuard(guard: GuardIr, cursor: Cursor, report: Report): void {
  const text = guard.kind === "expr" ? `guard ${guard.expr}` : undefined;
  if (text !== undefined && soundOf(report).has(text)) return;
  const compiled = compileGuard(guard);
  if (compiled.ok) {
    if (text !== undefined) soundOf(report).add(text);
    return;
  }
  for (const error of compiled.error) {
    const below = error.pointer === "" && guard.kind === "expr" ? "/expr" : error.pointer;
    const node = locate(cursor.node, below).value;
    const at = error.at === undefined ? node : within(node, error.at.offset, error.at.length);
    const code = isDiagnosticCode(error.code) ? error.code : "FG510";
    report(code, at, error.message, { pointer: `${cursor.pointer}${below}` });
  }
}

/** The expression in today's spelling; each older form is a notice. */
export function modernized(cursor: Cursor | undefined, report: Report): string | undefined {
  const source = cursor?.value;
  if (cursor === undefined || source === undefined) return undefined;
  if (soundOf(report).has(`modern ${source}`)) return source;
  const result = modernizeExpr(source);
  if (result.changes.length === 0) {
    soundOf(report).add(`modern ${source}`);
    return source;
  }
  // What does not compile either way is better told by its errors alone.
  if (!compileExpr(result.source).ok) return source;
  const rewrite = scalarStep(cursor.node, result.source);
  for (const change of result.changes) {
    const code = isDiagnosticCode(change.code) ? change.code : "FG206";
    report(code, within(cursor.node, change.offset, change.length), change.message, {
      pointer: cursor.pointer,
      rewrite,
    });
  }
  return result.source;
}

/** Reports what is wrong with a value template. */
export function checkTemplate(cursor: Cursor | undefined, report: Report): void {
  if (cursor === undefined || !mayRead(cursor.node)) return;
  const compiled = compileTemplate(toJson(cursor.node));
  if (compiled.ok) return;
  for (const error of compiled.error) {
    const node = locate(cursor.node, error.pointer).value;
    const code = isDiagnosticCode(error.code) ? error.code : "FG511";
    report(code, within(node, error.offset, error.length), error.message, {
      pointer: `${cursor.pointer}${error.pointer}`,
    });
  }
}

export function checkPathTemplate(cursor: Cursor | undefined, report: Report): void {
  const path = cursor?.value;
  if (cursor === undefined || path === undefined || !/[{}]/.test(path)) return;
  if (soundOf(report).has(`path ${path}`)) return;
  const compiled = compilePathTemplate(path);
  if (compiled.ok) {
    soundOf(report).add(`path ${path}`);
    return;
  }
  for (const error of compiled.error) {
    const code = isDiagnosticCode(error.code) ? error.code : "FG511";
    report(code, within(cursor.node, error.offset, error.length), error.message, { pointer: cursor.pointer });
  }
}

/** Large configurations repeat the same few texts: of what there was nothing to say, nothing is asked again in one run. */
const SOUND = new WeakMap<Report, Set<string>>();

function soundOf(report: Report): Set<string> {
  let sound = SOUND.get(report);
  if (sound === undefined) SOUND.set(report, (sound = new Set()));
  return sound;
}

/** The paths that a template reads, or none when it does not compile. */
export function pathsOf(template: Json): readonly string[] {
  const compiled = compileTemplate(template);
  return compiled.ok ? compiled.value.paths : [];
}

/** A part of a scalar's text, where the text stands in the source as it is; else the whole scalar. */
export function within(node: ConfigNode, offset: number | undefined, length: number | undefined): Span {
  if (offset === undefined) return node;
  if (node.kind !== "scalar" || typeof node.value !== "string" || node.template !== undefined) return node;
  const { source, start } = node;
  const quoted = source.text[start] === '"' || source.text[start] === "'" ? 1 : 0;
  const from = start + quoted;
  if (source.text.slice(from, from + node.value.length) !== node.value) return node;
  return { source, start: from + offset, end: from + offset + Math.max(1, length ?? 1) };
}

/** Most values are literals: a text with `$` reads, an object may be an operator. */
function mayRead(node: ConfigNode): boolean {
  if (node.kind === "scalar") return typeof node.value === "string" && node.value.includes("$");
  if (node.kind === "map") return node.entries.size > 0;
  return node.items.some(mayRead);
}
