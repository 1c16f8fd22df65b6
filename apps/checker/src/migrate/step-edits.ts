import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { inlineYaml, type RewriteStep } from "@mcp-flowgate/config-compiler";
import { isAlias, isMap, isNode, isPair, isSeq, type Node, type YAMLSeq } from "yaml";
import { rewriteScalar } from "./scalar-text.ts";
import type { SourceEdit } from "./source-edit.ts";
import { endOf, lineEnd, linePrefix, startOf, type EntryPlace, type YamlTree } from "./yaml-tree.ts";

/** Where a remark begins, or a text that looks like one. */
const REMARK = /(?:^|\s)#/;

/** The edits of one source that make up a step, or undefined where its layout leaves no room for it. */
export function editsOf(step: RewriteStep, tree: YamlTree): readonly SourceEdit[] | undefined {
  if (step.kind === "scalar") {
    const scalar = tree.scalarAt(step.at.start);
    if (scalar === undefined) return undefined;
    return replaceScalar(scalar, step.from, step.text, tree);
  }
  const entry = tree.entryAt(step.at.start);
  if (entry === undefined) return undefined;
  switch (step.kind) {
    case "key":
      return renameKey(entry, step.text, tree);
    case "empty":
      return emptyValue(entry, tree);
    case "remove":
      return removeEntry(entry, tree);
    case "insert":
      return insertAfter(entry, step.entries, tree);
    case "guard":
      return step.guards === undefined
        ? wrapAsGuard(entry, step.requires, tree)
        : moveToGuards(entry, tree.entryAt(step.guards.start), step.requires, tree);
    default:
      return step satisfies never;
  }
}

function replaceScalar(
  scalar: Node,
  from: string,
  to: string,
  { text }: YamlTree,
): readonly SourceEdit[] | undefined {
  const start = startOf(scalar);
  const end = endOf(scalar, text);
  const written = rewriteScalar(text.slice(start, end), from, to);
  return written === undefined ? undefined : [{ start, end, text: written }];
}

function renameKey({ key }: EntryPlace, name: string, tree: YamlTree): readonly SourceEdit[] | undefined {
  return replaceScalar(key, String(key.value), name, tree);
}

function emptyValue({ key, value }: EntryPlace, { text }: YamlTree): readonly SourceEdit[] | undefined {
  if (value === undefined || isAlias(value)) return undefined;
  const start = endOf(key, text);
  const end = endOf(value, text);
  return REMARK.test(text.slice(start, end)) ? undefined : [{ start, end, text: ": []" }];
}

/** No remark goes with what is removed. */
function removeEntry(entry: EntryPlace, tree: YamlTree): readonly SourceEdit[] | undefined {
  const edits = removalOf(entry, tree);
  return edits.some(({ start, end }) => REMARK.test(tree.text.slice(start, end))) ? undefined : edits;
}

/** A remark at the end of the line stays, on a line of its own. */
function removalOf(entry: EntryPlace, tree: YamlTree): readonly SourceEdit[] {
  const { text } = tree;
  const { owner, index } = entry;
  const start = startOf(entry.key);
  const end = entryEnd(entry, text);
  const next = owner.items[index + 1];
  const before = owner.items[index - 1];
  if (owner.flow === true) {
    if (next !== undefined) return [{ start, end: startOf(next.key as Node), text: "" }];
    if (before === undefined) return [withSpaces(start, end, text)];
    return [{ start: pairEnd(before, text), end, text: "" }];
  }
  if (owner.items.length === 1) return [{ start, end, text: "{}" }];
  const prefix = linePrefix(text, start);
  if (prefix.trim() !== "")
    return next === undefined ? [] : [{ start, end: startOf(next.key as Node), text: "" }];
  const remark = text.slice(end, lineEnd(text, end));
  if (remark.trim() !== "")
    return [{ start, end: end + remark.length - remark.trimStart().length, text: "" }];
  const newline = text.indexOf("\n", end);
  return [{ start: start - prefix.length, end: newline < 0 ? text.length : newline + 1, text: "" }];
}

/** `{ a: 1 }` becomes `{}`. */
function withSpaces(start: number, end: number, text: string): SourceEdit {
  const before = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const after = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  return { start: start - before, end: end + after, text: "" };
}

function insertAfter(entry: EntryPlace, entries: JsonObject, tree: YamlTree): readonly SourceEdit[] {
  const { text, eol } = tree;
  const start = startOf(entry.key);
  const prefix = linePrefix(text, start);
  const rendered = Object.entries(entries).map(
    ([key, value]) => `${inline(key, tree)}: ${inline(value, tree)}`,
  );
  if (entry.owner.flow === true) {
    const gap = prefix.trim() === "" && prefix.length < start ? `,${eol}${prefix}` : ", ";
    const end = entryEnd(entry, text);
    return [{ start: end, end, text: rendered.map((line) => gap + line).join("") }];
  }
  const end = lineEnd(text, entryEnd(entry, text));
  const indent = " ".repeat(prefix.length);
  return [{ start: end, end, text: rendered.map((line) => eol + indent + line).join("") }];
}

/** `evidence: { requires: … }` is where the guards belong: it gets their key, and their brackets around it. */
function wrapAsGuard(
  entry: EntryPlace,
  requires: readonly string[],
  tree: YamlTree,
): readonly SourceEdit[] | undefined {
  const { text, eol } = tree;
  const { value } = entry;
  const key = renameKey(entry, "guards", tree);
  if (key === undefined || value === undefined) return undefined;
  const start = startOf(value);
  const end = endOf(value, text);
  if (isAlias(value)) return [...key, { start, end, text: `[${guardText(requires, tree)}]` }];
  if (!isMap(value)) return undefined;
  const kind = `${inline("kind", tree)}: ${inline("evidence", tree)}`;
  if (value.flow === true) {
    const gap = /\s/.test(text[start + 1] ?? "") ? "" : " ";
    return [...key, { start, end: start + 1, text: `[{ ${kind},${gap}` }, { start: end, end, text: "]" }];
  }
  const indent = " ".repeat(linePrefix(text, start).length + 2);
  const edits = [...key, { start, end: start, text: `- ${kind}${eol}${indent}` }];
  for (
    let line = text.indexOf("\n", start) + 1;
    line > 0 && line < end;
    line = text.indexOf("\n", line) + 1
  ) {
    if (!/^\r?\n/.test(text.slice(line, line + 2))) edits.push({ start: line, end: line, text: "  " });
  }
  return edits;
}

function moveToGuards(
  entry: EntryPlace,
  guards: EntryPlace | undefined,
  requires: readonly string[],
  tree: YamlTree,
): readonly SourceEdit[] | undefined {
  const list = guards?.value;
  if (guards === undefined || guards.owner !== entry.owner || !isSeq(list)) return undefined;
  const last = list.items.at(-1);
  if (!isNode(last)) return undefined;
  const { text, eol } = tree;
  const removed = removeEntry(entry, tree);
  if (removed === undefined) return undefined;
  if (list.flow === true) {
    const end = endOf(last, text);
    return [...removed, { start: end, end, text: `${flowGap(list, text, eol)}${guardText(requires, tree)}` }];
  }
  const end = lineEnd(text, endOf(last, text));
  const indent = " ".repeat(linePrefix(text, startOf(list)).length);
  return [...removed, { start: end, end, text: `${eol}${indent}- ${guardText(requires, tree)}` }];
}

/** Items that stand on lines of their own get a neighbour on one. */
function flowGap(list: YAMLSeq, text: string, eol: string): string {
  const last = list.items.at(-1);
  const prefix = isNode(last) ? linePrefix(text, startOf(last)) : "x";
  return prefix.trim() === "" ? `,${eol}${prefix}` : ", ";
}

function entryEnd({ key, value }: EntryPlace, text: string): number {
  if (value === undefined || endOf(value, text) <= startOf(value))
    return text.indexOf(":", endOf(key, text)) + 1;
  return endOf(value, text);
}

function pairEnd(pair: unknown, text: string): number {
  if (!isPair(pair)) return 0;
  const { key, value } = pair;
  return isNode(value) && endOf(value, text) > startOf(value) ? endOf(value, text) : endOf(key as Node, text);
}

function guardText(requires: readonly string[], tree: YamlTree): string {
  return inline({ kind: "evidence", requires: [...requires] }, tree);
}

function inline(value: Json, { json }: YamlTree): string {
  return json ? inlineJson(value) : inlineYaml(value);
}

function inlineJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => inlineJson(item)).join(", ")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inlineJson(item)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
