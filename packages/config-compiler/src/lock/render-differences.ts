import type { Json } from "@mcp-flowgate/core";
import type { LockDifference, PartDifference } from "./compare-lock.ts";
import { showTricks } from "./hidden-text.ts";

/** Longer values are cut in a diff. */
const MAX_SHOWN = 2000;

/** What a difference is, on one line. */
export function summarizeDifference(difference: LockDifference): string {
  const { connection, change, from, parts } = difference;
  const tool = `tool "${showTricks(difference.tool)}"`;
  const origin = showTricks(from ?? "");
  switch (change) {
    case "new":
      return `${tool} is new`;
    case "removed":
      return `${tool} is gone`;
    case "renamed":
      return `${tool} is what was pinned as "${origin}"`;
    case "moved":
      return `${tool} was pinned for connection "${origin}" and is now listed by "${connection}"`;
    case "server":
      return `another server answers: it was "${origin}" and is "${showTricks(String(parts[0]?.after ?? ""))}"`;
    case "changed":
      return `${tool} has another ${[...new Set(parts.map(({ part }) => part))].join(", ")}`;
    default:
      return change satisfies never;
  }
}

/**
 * Differences as a diff for people, by connection and tool. Characters that cannot be seen, and letters that look like
 * others, are written out.
 */
export function renderDifferences(differences: readonly LockDifference[]): string {
  const lines: string[] = [];
  let connection: string | undefined;
  for (const difference of differences) {
    if (difference.connection !== connection) {
      connection = difference.connection;
      lines.push(`${lines.length > 0 ? "\n" : ""}${showTricks(connection)}`);
    }
    lines.push(`  ${summarizeDifference(difference)}`);
    if (difference.change === "server" || difference.change === "renamed") continue;
    for (const part of difference.parts) lines.push(...renderPart(part));
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function renderPart({ part, pointer, before, after }: PartDifference): string[] {
  return [
    `    ${part}${pointer === "" ? "" : ` ${showTricks(pointer)}`}`,
    ...(before === undefined ? [] : toLines(before, "-")),
    ...(after === undefined ? [] : toLines(after, "+")),
  ];
}

function toLines(value: Json, sign: string): string[] {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;
  return showTricks(cut)
    .split(/\r\n|\r|\n/)
    .map((line) => `      ${sign} ${line}`);
}
