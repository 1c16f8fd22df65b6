import { createHmac } from "node:crypto";
import { canonicalJson, createRecord } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { createSecretNames } from "./key-names.ts";
import { secretForms } from "./secret-patterns.ts";

/** Hides what must not be recorded. Equal secrets become equal marks, so that their uses can be correlated. */
export interface Redactor {
  /** A copy of `payload` without values under secret names, at the configured pointers, or equal to secrets. */
  redactPayload(payload: JsonObject): JsonObject;
  /** `text` with every form of every secret value replaced. */
  redactText(text: string): string;
  /** Whether `/principal/<field>` is to be hidden. */
  redactField(field: string, value: string): string;
}

export interface RedactorOptions {
  /** Key names, or JSON pointers (`/payload/…`, `/principal/subject`); `*` as a segment stands for any one. */
  readonly redact: readonly string[];
  /** The list may grow: what is added is hidden from then on. */
  readonly secrets: readonly string[];
  /** Keys the marks: who does not have it cannot test guesses against them. */
  readonly key: Uint8Array;
}

/** @throws {TypeError} for a pointer to something that cannot be hidden, such as `/seq`. */
export function createRedactor(options: RedactorOptions): Redactor {
  const isSecretName = createSecretNames(options.redact.filter((entry) => !entry.startsWith("/")));
  const pointers = toPointerTree(options.redact.filter((entry) => entry.startsWith("/")));
  const values = createValueFinder(options.secrets, mark);

  function mark(secret: string): string {
    return `[redacted:${createHmac("sha256", options.key).update(secret).digest("hex").slice(0, 16)}]`;
  }

  function markValue(value: Json): Json {
    if (value === null || typeof value === "boolean") return value;
    return mark(typeof value === "string" ? value : canonicalJson(value));
  }

  function visit(value: Json, nodes: readonly PointerNode[]): Json {
    if (typeof value === "string") return values(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item: Json, index) => visitMember(String(index), item, nodes, false));
    }
    const copy = createRecord<Json>();
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined) copy[values(name)] = visitMember(name, member, nodes, isSecretName(name));
    }
    return copy;
  }

  function visitMember(name: string, member: Json, nodes: readonly PointerNode[], secret: boolean): Json {
    const below = nodes.length === 0 ? nodes : nodes.flatMap((node) => childrenOf(node, name));
    if (secret || below.some((node) => node.hidden)) return markValue(member);
    return visit(member, below);
  }

  const payloadNodes = childrenOf(pointers, "payload");
  const principalNodes = childrenOf(pointers, "principal");
  return {
    redactPayload(payload) {
      if (payloadNodes.some((node) => node.hidden)) return createRecord([["redacted", markValue(payload)]]);
      return visit(payload, payloadNodes) as JsonObject;
    },
    redactText: values,
    redactField(field, value) {
      const nodes = principalNodes.flatMap((node) => childrenOf(node, field));
      return nodes.some((node) => node.hidden) ? mark(value) : values(value);
    },
  };
}

/** Shorter secrets are only recognised where they are a whole value: as parts of text they would match everything. */
const SHORTEST_PART = 5;

function createValueFinder(
  secrets: readonly string[],
  mark: (secret: string) => string,
): (text: string) => string {
  let known = 0;
  let find = valueFinder([], mark);
  return (text) => {
    if (secrets.length !== known) {
      known = secrets.length;
      find = valueFinder(secrets, mark);
    }
    return find(text);
  };
}

function valueFinder(secrets: readonly string[], mark: (secret: string) => string): (text: string) => string {
  const whole = new Map<string, string>();
  const parts = new Map<string, string>();
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    const replacement = mark(secret);
    if (secret.length < SHORTEST_PART) whole.set(secret, replacement);
    else for (const form of secretForms(secret)) parts.set(form, replacement);
  }
  // The longest first: a secret that contains another one is replaced as a whole.
  const ordered = [...parts].sort(([left], [right]) => right.length - left.length);
  const shortest = ordered.at(-1)?.[0].length ?? Number.POSITIVE_INFINITY;
  return (text) => {
    const exact = whole.get(text);
    if (exact !== undefined) return exact;
    if (text.length < shortest) return text;
    let clean = text;
    for (const [form, replacement] of ordered) {
      if (clean.includes(form)) clean = clean.replaceAll(form, () => replacement);
    }
    return clean;
  };
}

interface PointerNode {
  hidden: boolean;
  readonly children: Map<string, PointerNode>;
}

function toPointerTree(pointers: readonly string[]): PointerNode {
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

function childrenOf(node: PointerNode, name: string): readonly PointerNode[] {
  const named = node.children.get(name);
  const any = name === "*" ? undefined : node.children.get("*");
  return [named, any].filter((child) => child !== undefined);
}

/** RFC 6901, section 4. */
function unescapeSegment(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
