import type { ConfigNode, ListNode, MapEntry, MapNode, ScalarNode, Span } from "../source/config-node.ts";

/** A value that is not written in the file, standing where `at` stands, so that findings name that place. */
export function scalarAt(at: Span, value: string | number | boolean): ScalarNode {
  return { kind: "scalar", value, ...spanOf(at) };
}

export function listAt(at: Span, items: readonly ConfigNode[]): ListNode {
  return { kind: "list", items, replace: false, ...spanOf(at) };
}

/** A map of the entries that have a value; keys stand where their values stand. */
export function mapAt(at: Span, entries: { readonly [key: string]: ConfigNode | undefined }): MapNode {
  const found = new Map<string, MapEntry>();
  for (const [key, value] of Object.entries(entries))
    if (value !== undefined) found.set(key, { key: value, value });
  return { kind: "map", entries: found, replace: false, ...spanOf(at) };
}

function spanOf({ source, start, end }: Span): Span {
  return { source, start, end };
}
