import { tryParseJson } from "@mcp-flowgate/core";
import {
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  parseDocument,
  visit,
  type Node,
  type Scalar,
  type YAMLMap,
} from "yaml";

/** An entry of a map in the source. */
export interface EntryPlace {
  readonly key: Scalar;
  readonly value: Node | undefined;
  readonly owner: YAMLMap;
  /** Its position in the map. */
  readonly index: number;
}

/** A source with the places of its scalars and entries. */
export interface YamlTree {
  readonly text: string;
  readonly json: boolean;
  /** The line break that the source uses. */
  readonly eol: string;
  /** The scalar that holds an offset. */
  scalarAt(offset: number): Scalar | undefined;
  /** The entry whose key begins at an offset. */
  entryAt(offset: number): EntryPlace | undefined;
}

export function parseTree(text: string): YamlTree {
  const document = parseDocument(text, { uniqueKeys: false, logLevel: "silent" });
  const entries = new Map<number, EntryPlace>();
  const scalars: Scalar[] = [];
  visit(document, (_, node, path) => {
    if (isPair(node)) {
      const owner = path.at(-1) as YAMLMap;
      const { key, value } = node;
      if (isScalar(key)) {
        const place = {
          key,
          value: isNode(value) ? value : undefined,
          owner,
          index: owner.items.indexOf(node),
        };
        entries.set(startOf(key), place);
      }
    } else if (isScalar(node)) scalars.push(node);
  });
  return {
    text,
    json: isJson(text),
    eol: /\r\n/.test(text) ? "\r\n" : "\n",
    entryAt: (offset) => entries.get(offset),
    scalarAt: (offset) =>
      scalars.find((scalar) => startOf(scalar) <= offset && offset < Math.max(endOf(scalar, text), 1)),
  };
}

/** Where a node begins, without its anchor and tag. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where a node's last visible character ends. */
export function endOf(node: Node, text: string): number {
  const [start, end] = node.range ?? [0, 0];
  if (isAlias(node) || (isCollection(node) && node.flow === true)) return end;
  if (isCollection(node)) {
    const last = node.items.at(-1);
    if (isPair(last)) {
      if (isNode(last.value) && (last.value.range?.[1] ?? 0) > (last.value.range?.[0] ?? 0))
        return endOf(last.value, text);
      return isNode(last.key) ? endOf(last.key, text) + 1 : end;
    }
    return isNode(last) ? endOf(last, text) : end;
  }
  return start + text.slice(start, end).trimEnd().length;
}

/** What stands before `offset` on its line. */
export function linePrefix(text: string, offset: number): string {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
}

/** Where the line of `offset` ends, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  const end = newline < 0 ? text.length : newline;
  return text[end - 1] === "\r" && end > offset ? end - 1 : end;
}

function isJson(text: string): boolean {
  return /^\s*\{/.test(text) && tryParseJson(text) !== undefined;
}
