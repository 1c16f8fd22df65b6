import { createRecord, isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { coerced } from "../schema/check-scalar.ts";
import { toBytes, toMilliseconds } from "../schema/units.ts";
import { toJson, type ConfigNode, type Span } from "../source/config-node.ts";

/**
 * A node and where it stands in the merged configuration. Reading is tolerant: what has the wrong kind was reported by
 * the shape check and counts as left out, so that later checks still find what else is wrong.
 */
export class Cursor {
  readonly node: ConfigNode;
  /** The key's place for a value of a map, else the value's. */
  readonly key: Span;
  readonly name: string;
  readonly #parent: Cursor | undefined;

  constructor(node: ConfigNode, key: Span = node, name: string = "", parent: Cursor | undefined = undefined) {
    this.node = node;
    this.key = key;
    this.name = name;
    this.#parent = parent;
  }

  get pointer(): string {
    return this.#parent === undefined ? "" : `${this.#parent.pointer}/${escapePointer(this.name)}`;
  }

  has(key: string): boolean {
    return this.node.kind === "map" && this.node.entries.has(key);
  }

  get(key: string): Cursor | undefined {
    const entry = this.node.kind === "map" ? this.node.entries.get(key) : undefined;
    return entry === undefined ? undefined : new Cursor(entry.value, entry.key, key, this);
  }

  /** The member when it is a map. */
  child(key: string): Cursor | undefined {
    const child = this.get(key);
    return child?.node.kind === "map" ? child : undefined;
  }

  /** The members of a map, in order. */
  entries(): readonly Cursor[] {
    if (this.node.kind !== "map") return [];
    return [...this.node.entries].map(([key, entry]) => new Cursor(entry.value, entry.key, key, this));
  }

  entriesOf(key: string): readonly Cursor[] {
    return this.get(key)?.entries() ?? [];
  }

  /** The items of a list; a single value counts as a list of one. */
  items(): readonly Cursor[] {
    if (this.node.kind === "list") {
      return this.node.items.map((item, index) => new Cursor(item, item, String(index), this));
    }
    return this.node.kind === "scalar" && this.node.value === null ? [] : [this];
  }

  itemsOf(key: string): readonly Cursor[] {
    return this.get(key)?.items() ?? [];
  }

  /** The text of a scalar. */
  get value(): string | undefined {
    return this.node.kind === "scalar" && typeof this.node.value === "string" ? this.node.value : undefined;
  }

  text(key: string): string | undefined {
    return this.get(key)?.value;
  }

  texts(key: string): readonly string[] {
    return this.itemsOf(key).flatMap(({ value }) => (value === undefined ? [] : [value]));
  }

  flag(key: string): boolean | undefined {
    const value = this.#scalar(key);
    return typeof value === "boolean" ? value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.#scalar(key);
    return typeof value === "number" ? value : undefined;
  }

  milliseconds(key: string): number | undefined {
    return toMilliseconds(this.#scalar(key));
  }

  bytes(key: string): number | undefined {
    return toBytes(this.#scalar(key));
  }

  json(key: string): Json | undefined {
    const child = this.get(key);
    return child === undefined ? undefined : toJson(child.node);
  }

  object(key: string): JsonObject | undefined {
    const value = this.json(key);
    return isJsonObject(value) ? value : undefined;
  }

  /** A map of JSON values, empty where it is left out. */
  record(key: string): JsonObject {
    return this.object(key) ?? createRecord<Json>();
  }

  /** A map of texts. */
  textRecord(key: string): { readonly [name: string]: string } {
    const record = createRecord<string>();
    for (const entry of this.entriesOf(key)) if (entry.value !== undefined) record[entry.name] = entry.value;
    return record;
  }

  #scalar(key: string): string | number | boolean | null | undefined {
    const node = this.get(key)?.node;
    return node === undefined ? undefined : coerced(node);
  }
}

/** `{ [key]: value }`, or nothing where the value is undefined: optional members are left out, never `undefined`. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
