import type { ConfigNode, MapEntry, MapNode } from "./config-node.ts";

/** `root` with the scalars at these JSON pointers as readers are to see them. Everything else stays as it is. */
export function maskAt(root: MapNode, pointers: readonly string[]): MapNode {
  let masked: ConfigNode = root;
  for (const pointer of pointers) masked = maskOne(masked, pointer.split("/").slice(1).map(unescaped));
  return masked.kind === "map" ? masked : root;
}

/** Nodes are shared by alias, so the way down is copied and not the node changed. */
function maskOne(node: ConfigNode, path: readonly string[]): ConfigNode {
  const [key = "", ...rest] = path;
  if (path.length === 0) {
    return node.kind === "scalar" && node.shown !== undefined ? { ...node, value: node.shown } : node;
  }
  if (node.kind === "list") {
    const index = Number(key);
    return { ...node, items: node.items.map((item, at) => (at === index ? maskOne(item, rest) : item)) };
  }
  // A single value stands for a list of one.
  if (node.kind === "scalar") return maskOne(node, []);
  const entry = node.entries.get(key);
  if (entry === undefined) return node;
  const entries = new Map<string, MapEntry>(node.entries);
  entries.set(key, { key: entry.key, value: maskOne(entry.value, rest) });
  return { ...node, entries };
}

function unescaped(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
