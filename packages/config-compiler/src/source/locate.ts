import type { ConfigNode, MapEntry, Span } from "./config-node.ts";

/** Where the key (of a list, the item) at a JSON pointer stands, and its value; of what is not there, the nearest above it. */
export function locate(
  root: ConfigNode,
  pointer: string,
): { readonly key: Span; readonly value: ConfigNode } {
  let found: { readonly key: Span; readonly value: ConfigNode } = { key: root, value: root };
  let node: ConfigNode = root;
  for (const raw of pointer.split("/").slice(1)) {
    const segment = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const entry: MapEntry | undefined = node.kind === "map" ? node.entries.get(segment) : undefined;
    const item: ConfigNode | undefined = node.kind === "list" ? node.items[Number(segment)] : undefined;
    const value: ConfigNode | undefined = entry?.value ?? item;
    if (value === undefined) break;
    found = { key: entry?.key ?? value, value };
    node = value;
  }
  return found;
}
