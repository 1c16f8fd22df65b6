import { createHmac } from "node:crypto";
import { canonicalJson, createRecord } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { createSecretNames } from "./key-names.ts";
import { childrenOf, toPointerTree } from "./pointer-tree.ts";
import type { PointerNode } from "./pointer-tree.ts";
import { createSecretFinder } from "./secret-finder.ts";
import { secretForms } from "./secret-patterns.ts";

/** Hides what must not be recorded. Equal secrets become equal marks, so that their uses can be correlated. */
export interface Redactor {
  /** A copy of `payload` without values under secret names, at the configured pointers, or equal to secrets. */
  redactPayload(payload: JsonObject): JsonObject;
  /** `text` with every form of every secret value replaced. */
  redactText(text: string): string;
  /** Whether `/principal/<field>` is to be hidden. */
  redactField(field: string, value: string): string;
  /** What stands in the place of a value under a secret name or at a pointer. */
  markValue(value: Json): Json;
  /** Whether a value in JSON text could have to be replaced. False is certain. */
  mayHoldSecret(json: string): boolean;
  isSecretName(name: string): boolean;
  isHiddenField(field: string): boolean;
  /** Where the pointers into payloads lead. */
  readonly payloadNodes: readonly PointerNode[];
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
  const values = createSecretValues(options.secrets, mark);

  function mark(secret: string): string {
    return `[redacted:${createHmac("sha256", options.key).update(secret).digest("hex").slice(0, 16)}]`;
  }

  function markValue(value: Json): Json {
    if (value === null || typeof value === "boolean") return value;
    return mark(typeof value === "string" ? value : canonicalJson(value));
  }

  function visit(value: Json, nodes: readonly PointerNode[]): Json {
    if (typeof value === "string") return values.replace(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      return value.map((item: Json, index) => visitMember(String(index), item, nodes, false));
    }
    const copy = createRecord<Json>();
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined)
        copy[values.replace(name)] = visitMember(name, member, nodes, isSecretName(name));
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
  const isHiddenField = (field: string): boolean =>
    principalNodes.flatMap((node) => childrenOf(node, field)).some((node) => node.hidden);
  return {
    redactPayload(payload) {
      if (payloadNodes.some((node) => node.hidden)) return createRecord([["redacted", markValue(payload)]]);
      return visit(payload, payloadNodes) as JsonObject;
    },
    redactText: values.replace,
    redactField: (field, value) => (isHiddenField(field) ? mark(value) : values.replace(value)),
    markValue,
    mayHoldSecret: values.mayHold,
    isSecretName,
    isHiddenField,
    payloadNodes,
  };
}

/** Shorter secrets are only recognised where they are a whole value: as parts of text they would match everything. */
const SHORTEST_PART = 5;

/** What is known of the values that are secret. */
interface SecretValues {
  /** The text with every form of every secret replaced. */
  replace(text: string): string;
  mayHold(json: string): boolean;
}

/** Follows the list of secrets, which may grow. */
function createSecretValues(secrets: readonly string[], mark: (secret: string) => string): SecretValues {
  let known = -1;
  let values: SecretValues | undefined;
  const current = (): SecretValues => {
    if (values === undefined || secrets.length !== known) {
      known = secrets.length;
      values = toSecretValues(secrets, mark);
    }
    return values;
  };
  return { replace: (text) => current().replace(text), mayHold: (json) => current().mayHold(json) };
}

function toSecretValues(secrets: readonly string[], mark: (secret: string) => string): SecretValues {
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
  return {
    replace(text) {
      const exact = whole.get(text);
      if (exact !== undefined) return exact;
      if (text.length < shortest) return text;
      let clean = text;
      for (const [form, replacement] of ordered) {
        if (clean.includes(form)) clean = clean.replaceAll(form, () => replacement);
      }
      return clean;
    },
    // What is searched for as a whole value would be found in any text.
    mayHold: whole.size > 0 ? () => true : createSecretFinder([...parts.keys()]),
  };
}
