import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException, type Event } from "js-yaml";
import type { Report } from "../diagnostics/reporter.ts";
import { quote, type ConfigNode, type MapEntry, type ScalarNode, type Span } from "./config-node.ts";
import { resolveScalar } from "./scalar.ts";
import type { SourceText } from "./source-text.ts";

/** Deeper documents are refused: everything after this recurses over them. */
const MAX_DEPTH = 100;
/** Nodes after aliases are followed, where that is also ten times what was written. */
const MAX_EXPANDED_NODES = 200_000;

/** A collection that is still being filled. */
type Open =
  | {
      readonly kind: "list";
      readonly start: number;
      readonly items: ConfigNode[];
      readonly replace: boolean;
      readonly anchor: string | undefined;
      size: number;
    }
  | {
      readonly kind: "map";
      readonly start: number;
      readonly entries: Map<string, MapEntry>;
      readonly merged: ConfigNode[];
      readonly replace: boolean;
      readonly anchor: string | undefined;
      key: { readonly name: string | undefined; readonly merge: boolean; readonly span: Span } | undefined;
      size: number;
    };

type ScalarEvent = Extract<Event, { readonly fast: boolean }>;

/**
 * The tree of one YAML 1.2 (or JSON) text. Reports what is wrong with it as FG102, FG104 to FG108; undefined when
 * there is no usable tree, `empty` when the text holds nothing but comments. Merge keys are applied, duplicate keys keep their first value.
 */
export function parseSource(source: SourceText, report: Report): ConfigNode | "empty" | undefined {
  let events: Event[];
  try {
    events = parseEvents(source.text, { maxDepth: MAX_DEPTH });
  } catch (thrown) {
    reportSyntax(source, thrown, report);
    return undefined;
  }
  return new TreeBuilder(source, report).build(events);
}

function reportSyntax(source: SourceText, thrown: unknown, report: Report): void {
  if (!(thrown instanceof YAMLException)) throw thrown;
  const offset = thrown.mark?.position ?? 0;
  const reason = thrown.reason ?? thrown.message;
  if (reason.includes("maxDepth")) {
    report(
      "FG104",
      { source, start: offset, end: offset + 1 },
      `values are nested more than ${MAX_DEPTH} deep`,
    );
    return;
  }
  report("FG102", { source, start: offset, end: offset + 1 }, `this is not YAML: ${reason}`);
}

class TreeBuilder {
  readonly #source: SourceText;
  readonly #report: Report;
  readonly #stack: Open[] = [];
  readonly #anchors = new Map<string, { readonly node: ConfigNode; readonly size: number }>();
  readonly #written = { nodes: 0 };
  #root: ConfigNode | undefined;
  #rootSize = 0;
  #documents = 0;
  #failed = false;

  constructor(source: SourceText, report: Report) {
    this.#source = source;
    this.#report = report;
  }

  build(events: readonly Event[]): ConfigNode | "empty" | undefined {
    for (const event of events) {
      if (event.type === EVENT_ID.DOCUMENT) {
        this.#documents += 1;
        if (this.#documents > 1) {
          const start = this.#source.text.indexOf("\n---") + 1;
          this.#fail(
            "FG102",
            this.#span(start, start + 3),
            "a configuration is one document; here a second begins",
          );
          break;
        }
      } else if (event.type === EVENT_ID.SEQUENCE) {
        this.#stack.push({
          kind: "list",
          start: event.start,
          items: [],
          replace: this.#collectionTag(event.tagStart, event.tagEnd, "!!seq"),
          anchor: this.#anchor(event),
          size: 1,
        });
      } else if (event.type === EVENT_ID.MAPPING) {
        this.#stack.push({
          kind: "map",
          start: event.start,
          entries: new Map(),
          merged: [],
          replace: this.#collectionTag(event.tagStart, event.tagEnd, "!!map"),
          anchor: this.#anchor(event),
          key: undefined,
          size: 1,
        });
      } else if (event.type === EVENT_ID.SCALAR) {
        this.#scalar(event);
      } else if (event.type === EVENT_ID.ALIAS) {
        this.#alias(event.anchorStart, event.anchorEnd);
      } else if (this.#stack.length > 0) {
        this.#close();
      }
      if (this.#failed) return undefined;
    }
    return this.#root ?? "empty";
  }

  #scalar(event: ScalarEvent): void {
    const { source } = this;
    const start = event.valueStart < 0 ? this.#emptyAt() : event.valueStart;
    const end = event.valueEnd < 0 ? start : event.valueEnd;
    const plain = event.style === SCALAR_STYLE.PLAIN;
    const quotes =
      event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const span: Span = { source, start: start - quotes, end: end + quotes };
    const text = event.valueStart < 0 ? "" : getScalarValue(source.text, event);
    const tag = event.tagStart < 0 ? undefined : source.text.slice(event.tagStart, event.tagEnd);
    const resolved = resolveScalar(text, plain, tag);
    if (!resolved.ok) this.#report("FG107", span, resolved.error);
    const value = resolved.ok ? resolved.value : text;
    const parent = this.#stack.at(-1);
    if (parent?.kind === "map" && parent.key === undefined) {
      this.#key(parent, text, value, plain, span);
      return;
    }
    const node: ScalarNode = { kind: "scalar", ...span, value };
    this.#add(node, 1, this.#anchor(event));
  }

  get source(): SourceText {
    return this.#source;
  }

  #key(
    parent: Extract<Open, { kind: "map" }>,
    text: string,
    value: string | number | boolean | null,
    plain: boolean,
    span: Span,
  ): void {
    const merge = plain && text === "<<";
    if (typeof value !== "string" && !merge) {
      const kind = value === null ? "empty" : `a ${typeof value}`;
      this.#report("FG105", span, `this key is ${kind}; keys are text, so write it in quotes: "${text}"`);
    }
    parent.key = { name: text, merge, span };
  }

  #alias(start: number, end: number): void {
    const span = this.#span(start - 1, end);
    const name = this.#source.text.slice(start, end);
    const parent = this.#stack.at(-1);
    if (parent?.kind === "map" && parent.key === undefined) {
      this.#report("FG105", span, "an alias cannot be a key");
      parent.key = { name: undefined, merge: false, span };
      return;
    }
    const target = this.#anchors.get(name);
    if (target !== undefined) {
      this.#add(target.node, target.size, undefined, false);
      return;
    }
    const inside = this.#stack.some((open) => open.anchor === name);
    this.#report(
      "FG106",
      span,
      inside
        ? `the alias *${name} stands inside the value that it names`
        : `no anchor &${name} comes before this alias`,
    );
    this.#add({ kind: "scalar", ...span, value: null }, 1, undefined);
  }

  #close(): void {
    const open = this.#stack.pop() as Open;
    const { start } = open;
    const base = { source: this.#source, start, end: start + 1, replace: open.replace };
    if (open.kind === "list") {
      this.#add({ kind: "list", ...base, items: open.items }, open.size, open.anchor);
      return;
    }
    for (const merged of open.merged) this.#merge(open.entries, merged);
    this.#add({ kind: "map", ...base, entries: open.entries }, open.size, open.anchor);
  }

  #merge(entries: Map<string, MapEntry>, merged: ConfigNode): void {
    for (const node of merged.kind === "list" ? merged.items : [merged]) {
      if (node.kind !== "map") {
        this.#report("FG102", node, "a merge key (<<) takes a map, an alias of one, or a list of them");
        continue;
      }
      for (const [key, entry] of node.entries) if (!entries.has(key)) entries.set(key, entry);
    }
  }

  #add(node: ConfigNode, size: number, anchor: string | undefined, written = true): void {
    if (written) this.#written.nodes += 1;
    if (anchor !== undefined) this.#anchors.set(anchor, { node, size });
    const parent = this.#stack.at(-1);
    if (parent === undefined) {
      this.#root = node;
      this.#rootSize = size;
    } else {
      parent.size += size;
      if (parent.kind === "list") parent.items.push(node);
      else this.#entry(parent, node);
    }
    const total = parent?.size ?? this.#rootSize;
    if (total > MAX_EXPANDED_NODES && total > 10 * this.#written.nodes) {
      this.#fail("FG104", node, `aliases make this document more than ${MAX_EXPANDED_NODES} values`);
    }
  }

  #entry(parent: Extract<Open, { kind: "map" }>, node: ConfigNode): void {
    const { key } = parent;
    if (key === undefined) {
      // A collection where a key belongs.
      this.#report("FG105", node, "a list or a map cannot be a key");
      parent.key = { name: undefined, merge: false, span: node };
      return;
    }
    parent.key = undefined;
    if (key.name === undefined) return;
    if (key.merge) {
      parent.merged.push(node);
      return;
    }
    const first = parent.entries.get(key.name);
    if (first === undefined) {
      parent.entries.set(key.name, { key: key.span, value: node });
      return;
    }
    const { line } = first.key.source.place(first.key.start);
    this.#report("FG108", key.span, `the key ${quote(key.name)} was already given at line ${line}`);
  }

  #anchor(event: { readonly anchorStart: number; readonly anchorEnd: number }): string | undefined {
    return event.anchorStart < 0 ? undefined : this.#source.text.slice(event.anchorStart, event.anchorEnd);
  }

  #collectionTag(start: number, end: number, own: string): boolean {
    if (start < 0) return false;
    const tag = this.#source.text.slice(start, end);
    if (tag === "!replace") return true;
    if (tag !== own && tag !== "!") this.#report("FG107", this.#span(start, end), unknownTag(tag));
    return false;
  }

  /** An empty value has no offset of its own: it stands where its key ends. */
  #emptyAt(): number {
    const parent = this.#stack.at(-1);
    if (parent?.kind === "map" && parent.key !== undefined) return parent.key.span.end;
    return parent?.start ?? 0;
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end };
  }

  #fail(code: "FG102" | "FG104", span: Span, message: string): void {
    this.#failed = true;
    this.#report(code, span, message);
  }
}

function unknownTag(tag: string): string {
  return `the tag ${quote(tag)} is not known; only !replace is, on lists and maps`;
}
