import { canonicalJson } from "@mcp-flowgate/core";
import type { AuditIr, Digest, Json, JsonObject } from "@mcp-flowgate/core";
import { fateOf, toDigest } from "./payload-mode.ts";
import { childrenOf } from "./pointer-tree.ts";
import type { PointerNode } from "./pointer-tree.ts";

/**
 * The canonical text of payloads as they are recorded, without copies in between: values under secret names and at
 * pointers are hidden, and what `payloads` does not keep is reduced. Forms of secret values are not looked for, but told
 * of: `isSuspect` sees every text before it is reduced.
 *
 * Owns: for every place in a payload, the names that it had last and what is to be done with each, in the order of
 * their text. Events of one type have the same names time and again, so that neither sorting nor judging is repeated.
 */
export interface PayloadWriter {
  /** `undefined` where a secret may be in a part that is not kept as it is. */
  write(type: string, payload: JsonObject): string | undefined;
}

export interface PayloadWriterOptions {
  readonly mode: AuditIr["payloads"];
  readonly digest: Digest;
  readonly isSecretName: (name: string) => boolean;
  /** Where the pointers into payloads lead. */
  readonly nodes: readonly PointerNode[];
  readonly markValue: (value: Json) => Json;
  readonly isSuspect: (json: string) => boolean;
}

export function createPayloadWriter(options: PayloadWriterOptions): PayloadWriter {
  const { mode, digest, isSecretName, markValue, isSuspect } = options;
  let places = new Map<string, Place>();
  let remembered = 0;

  function layOut(place: Place, names: readonly string[]): Layout {
    const members = names.toSorted().map((name): Member => {
      const nodes =
        place.nodes.length === 0 ? NOWHERE : place.nodes.flatMap((node) => childrenOf(node, name));
      const hidden = isSecretName(name) || nodes.some((node) => node.hidden);
      return { name, label: `${JSON.stringify(name)}:`, hidden, below: { nodes, layout: undefined } };
    });
    const layout = { names, members };
    if (names.length > MOST_NAMES || names.some((name) => name.length > LONGEST_NAME)) return layout;
    // Names come from callers: what is remembered has a bound.
    if ((remembered += names.length) > MOST_REMEMBERED) {
      places = new Map();
      remembered = 0;
    }
    place.layout = layout;
    return layout;
  }

  function layoutOf(place: Place, value: JsonObject): Layout {
    const names = Object.keys(value);
    const last = place.layout;
    return last !== undefined && isSame(last.names, names) ? last : layOut(place, names);
  }

  function writeValue(value: Json | undefined, place: Place): string {
    if (typeof value === "string") return JSON.stringify(value);
    if (value === null || value === undefined) return "null";
    if (typeof value !== "object") return canonicalJson(value);
    if (Array.isArray(value)) return writeItems(value as readonly Json[], place);
    let text = "";
    for (const member of layoutOf(place, value as JsonObject).members) {
      const item = (value as JsonObject)[member.name];
      if (item === undefined) continue;
      text += text === "" ? member.label : `,${member.label}`;
      text += member.hidden ? canonicalJson(markValue(item)) : writeValue(item, member.below);
    }
    return `{${text}}`;
  }

  function writeItems(items: readonly Json[], place: Place): string {
    let text = "";
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index] as Json;
      if (index > 0) text += ",";
      if (place.nodes.length === 0) {
        text += writeValue(item, place);
        continue;
      }
      const nodes = place.nodes.flatMap((node) => childrenOf(node, String(index)));
      text += nodes.some((node) => node.hidden)
        ? canonicalJson(markValue(item))
        : writeValue(item, { nodes, layout: undefined });
    }
    return `[${text}]`;
  }

  return {
    write(type, payload) {
      let place = places.get(type);
      if (place === undefined) places.set(type, (place = { nodes: options.nodes, layout: undefined }));
      let text = "";
      for (const member of layoutOf(place, payload).members) {
        const item = payload[member.name];
        if (item === undefined) continue;
        const shown = member.hidden ? markValue(item) : item;
        const fate = fateOf(mode, member.name, shown);
        if (fate === "drop") {
          // How long a text is, which may decide over it, is known once no secret is in it.
          if (typeof shown === "string" && isSuspect(JSON.stringify(shown))) return undefined;
          continue;
        }
        let value = member.hidden ? canonicalJson(shown) : writeValue(shown, member.below);
        if (fate === "digest") {
          if (isSuspect(member.label) || isSuspect(value)) return undefined;
          value = canonicalJson(toDigest(value, digest));
        }
        text += text === "" ? member.label : `,${member.label}`;
        text += value;
      }
      return `{${text}}`;
    },
  };
}

/** A place in payloads: the pointers that lead below it, and the names that the object there had last. */
interface Place {
  readonly nodes: readonly PointerNode[];
  layout: Layout | undefined;
}

interface Layout {
  /** As the object has them. */
  readonly names: readonly string[];
  /** In the order of the canonical text. */
  readonly members: readonly Member[];
}

interface Member {
  readonly name: string;
  readonly label: string;
  readonly hidden: boolean;
  readonly below: Place;
}

const NOWHERE: readonly PointerNode[] = [];
const MOST_NAMES = 64;
const LONGEST_NAME = 128;
const MOST_REMEMBERED = 20_000;

function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
}
