import type { Json, JsonObject } from "@mcp-flowgate/core";

/** Something that a conversion could not take over: where it stands in the original, and why. */
export interface Loss {
  /** A dotted path into the original, as `mcp.capabilities.tools.orders.lookup.backend`. */
  readonly at: string;
  readonly why: string;
}

/** Reads a foreign document: every key is either taken or becomes a loss, so that nothing is dropped without a word. */
export interface Section {
  readonly at: string;
  /** The value of a key, which counts as taken from here on. */
  take(key: string): Json | undefined;
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  list(key: string): readonly Json[];
  section(key: string): Section;
  /** A section for one item of a list. */
  item(value: Json, name: string): Section;
  lose(key: string, why: string): void;
  /** Nothing of this section is reported any more: one loss has spoken for all of it. */
  skip(): void;
  /** Reports every key that was not taken, here and in the sections below. */
  rest(why: string): void;
}

export function openSection(value: Json | undefined, at: string, losses: Loss[]): Section {
  const object: JsonObject =
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  const taken = new Set<string>();
  const below: Section[] = [];
  let skipped = false;
  const path = (key: string): string => (at === "" ? key : `${at}.${key}`);
  const take = (key: string): Json | undefined => {
    taken.add(key);
    return Object.hasOwn(object, key) ? object[key] : undefined;
  };
  const keep = (section: Section): Section => {
    below.push(section);
    return section;
  };
  return {
    at,
    take,
    text: (key) => {
      const found = take(key);
      return typeof found === "string" ? found : undefined;
    },
    number: (key) => {
      const found = take(key);
      return typeof found === "number" ? found : undefined;
    },
    list: (key) => {
      const found = take(key);
      return Array.isArray(found) ? found : [];
    },
    section: (key) => keep(openSection(take(key), path(key), losses)),
    item: (item, name) => keep(openSection(item, path(name), losses)),
    lose: (key, why) => void losses.push({ at: path(key), why }),
    skip: () => {
      skipped = true;
    },
    rest: (why) => {
      if (skipped) return;
      for (const key of Object.keys(object)) if (!taken.has(key)) losses.push({ at: path(key), why });
      for (const section of below) section.rest(why);
    },
  };
}
