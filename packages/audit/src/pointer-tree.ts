/** Where pointers of the configuration lead. `*` as a segment stands for any one. */
export interface PointerNode {
  hidden: boolean;
  readonly children: Map<string, PointerNode>;
}

/** @throws {TypeError} for a pointer to something that cannot be hidden, such as `/seq`. */
export function toPointerTree(pointers: readonly string[]): PointerNode {
  const root: PointerNode = { hidden: false, children: new Map() };
  for (const pointer of pointers) {
    const segments = pointer.slice(1).split("/").map(unescapeSegment);
    const [field] = segments;
    if (field !== "payload" && !(field === "principal" && segments.length === 2)) {
      throw new TypeError(
        `audit.redact: \`${pointer}\` cannot be hidden; pointers lead below /payload, or to a field of /principal`,
      );
    }
    let node = root;
    for (const segment of segments) {
      let child = node.children.get(segment);
      if (child === undefined) node.children.set(segment, (child = { hidden: false, children: new Map() }));
      node = child;
    }
    node.hidden = true;
  }
  return root;
}

export function childrenOf(node: PointerNode, name: string): readonly PointerNode[] {
  const named = node.children.get(name);
  const any = name === "*" ? undefined : node.children.get("*");
  return [named, any].filter((child) => child !== undefined);
}

/** RFC 6901, section 4. */
function unescapeSegment(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
