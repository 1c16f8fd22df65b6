import type { Diagnostic, SourcePlace } from "@mcp-flowgate/core";
import type { CheckedConfig } from "../checked-config.ts";
import { oneLine, plainText } from "./plain-text.ts";
import type { RenderOptions } from "./format.ts";

const COLORS: { readonly [style: string]: string } = {
  error: "31;1",
  warning: "33;1",
  notice: "36;1",
  dim: "2",
  bold: "1",
  ok: "32;1",
};

/** Wider lines are cut around the place. */
const WIDTH = 120;

/** For people: each finding with the line it is about. */
export function renderPretty(configs: readonly CheckedConfig[], options: RenderOptions): string {
  const paint = (style: string, text: string): string =>
    options.color ? `\u001b[${COLORS[style] ?? "0"}m${text}\u001b[0m` : text;
  const parts: string[] = [];
  for (const { compilation } of configs) {
    for (const diagnostic of compilation.diagnostics) {
      parts.push(renderOne(diagnostic, compilation.sources, options, paint));
    }
  }
  if (!options.quiet || parts.length > 0)
    for (const config of configs) parts.push(summary(config, options, paint));
  return parts.length === 0 ? "" : `${parts.join("\n")}\n`;
}

type Paint = (style: string, text: string) => string;

function renderOne(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
  paint: Paint,
): string {
  const { code, severity, message, place, hint } = diagnostic;
  const lines: string[] = [];
  const where =
    place === undefined ? "" : `${oneLine(options.showPath(place.file))}:${place.line}:${place.column}: `;
  lines.push(`${paint("bold", where)}${paint(severity, `${severity} ${code}`)}: ${oneLine(message)}`);
  const text = place === undefined ? undefined : sources.get(place.file);
  if (place !== undefined && text !== undefined && text !== "")
    lines.push(...excerpt(text, place, severity, paint));
  if (hint !== undefined) lines.push(`${paint("dim", "  =")} ${oneLine(hint)}`);
  return `${lines.join("\n")}\n`;
}

function excerpt(text: string, place: SourcePlace, severity: string, paint: Paint): readonly string[] {
  const line = lineOf(text, place.line);
  if (line === undefined) return [];
  const number = String(place.line);
  const gutter = " ".repeat(number.length);
  const start = place.column - 1;
  const end =
    place.endLine === place.line && place.endColumn !== undefined ? place.endColumn - 1 : line.length;
  const from = start > WIDTH - 20 ? start - 20 : 0;
  const shown = line.slice(from, from + WIDTH);
  const before = plainText(shown.slice(0, start - from)).replaceAll("\t", " ");
  const marked = Math.max(1, Math.min(end - from, shown.length) - (start - from));
  const bar = paint("dim", "|");
  return [
    `${paint("dim", ` ${number} `)}${bar} ${from > 0 ? "…" : ""}${plainText(shown).replaceAll("\t", " ")}`,
    ` ${gutter} ${bar} ${" ".repeat(before.length + (from > 0 ? 1 : 0))}${paint(severity, "^".repeat(marked))}`,
  ];
}

function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let current = 1; current < line; current += 1) {
    const next = text.indexOf("\n", start);
    if (next < 0) return undefined;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
}

function summary(config: CheckedConfig, options: RenderOptions, paint: Paint): string {
  const { diagnostics, plan } = config.compilation;
  const count = (severity: string): number => diagnostics.filter((one) => one.severity === severity).length;
  const counts = (["error", "warning", "notice"] as const)
    .map((severity) => ({ severity, number: count(severity) }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => plural(number, severity));
  const files = config.files.map((file) => oneLine(options.showPath(file))).join(" + ");
  const found = counts.length === 0 ? "" : `${counts.join(", ")}; `;
  if (plan === undefined) return `${paint("error", "failed")} ${files}: ${counts.join(", ")}`;
  const parts = [
    plural(Object.keys(plan.workflows).length, "workflow"),
    plural(plan.exposed.length, "exposed capability", "exposed capabilities"),
    plural(Object.keys(plan.connections).length, "connection"),
  ];
  const proved = config.compilation.policies
    .filter(({ holds }) => holds)
    .map(({ name, checked }) => `${paint("ok", "proved")} ${oneLine(name)} (${checked})\n`);
  const proofs = options.quiet ? "" : proved.join("");
  const bad = options.strict && count("warning") > 0;
  return `${proofs}${bad ? paint("error", "failed") : paint("ok", "ok")} ${files}: ${found}${parts.join(", ")}`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
