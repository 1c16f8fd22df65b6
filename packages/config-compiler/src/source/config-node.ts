import { createRecord, type Json, type SourcePlace } from "@mcp-flowgate/core";
import type { SourceText } from "./source-text.ts";

/** A value of the configuration with the place it was written at. Aliases share nodes; nothing is changed in place. */
export type ConfigNode = ScalarNode | ListNode | MapNode;

/** Where something stands: offsets into one source. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The text before variables were put in, where there were any. Messages show this one. */
  readonly template?: string;
  /** The value with `[secret]` for each part that came from outside, where there is one. Texts for readers are this. */
  readonly shown?: string;
}

export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly ConfigNode[];
  /** Tagged `!replace`: a merge takes it instead of adding to what was there. */
  readonly replace: boolean;
}

export interface MapNode extends Span {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly replace: boolean;
}

export interface MapEntry {
  readonly key: Span;
  readonly value: ConfigNode;
}

export function placeOf(span: Span): SourcePlace {
  return span.source.place(span.start, span.end);
}

/** The plain JSON of a node. Objects have no prototype. */
export function toJson(node: ConfigNode): Json {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  const record = createRecord<Json>();
  for (const [key, entry] of node.entries) record[key] = toJson(entry.value);
  return record;
}

/** The text of a scalar as it was written, where no variable made it. */
export function writtenText(node: ConfigNode): string | undefined {
  return node.kind === "scalar" && node.template === undefined && typeof node.value === "string"
    ? node.value
    : undefined;
}

/** A node in words, for "must be …, not …". Text that came from a variable is shown as it was written. */
export function describeNode(node: ConfigNode): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map";
  if (node.value === null) return "nothing";
  if (node.template !== undefined) return `the value of ${quote(node.template)}`;
  return typeof node.value === "string"
    ? quote(node.value)
    : `the ${typeof node.value} ${String(node.value)}`;
}

/** `text` in quotes, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
