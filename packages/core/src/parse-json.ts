import type { Json } from "./json.ts";

/**
 * `JSON.parse`, with the keys that the text has.
 *
 * V8 (13.6 and 14.6 were seen) takes a key that is written with an escape for one with a backslash in its place, where it
 * has met an object with that key before: after `{"\\":1}`, `{"\n":1}` has the key `\` (nodejs/node#63785). What was kept
 * would come back as something else, and a hash over it would not hold. So a text with such keys is parsed with others in
 * their place, which are then given their names.
 *
 * @throws {SyntaxError} as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const keys = text.includes("\\") ? findEscapedKeys(text) : [];
  return keys.length === 0 ? value : parseWithout(keys, text);
}

/** What {@link parseJson} gives; `undefined` for a text that is no JSON. */
export function tryParseJson(text: string): Json | undefined {
  try {
    return parseJson(text) as Json;
  } catch {
    return undefined;
  }
}

/** Where a key is written, with its quotes. */
interface WrittenKey {
  readonly from: number;
  readonly to: number;
}

/** `text` is JSON: each backslash is in a string, and each string before a colon is a key. */
function findEscapedKeys(text: string): readonly WrittenKey[] {
  const keys: WrittenKey[] = [];
  for (let slash = text.indexOf("\\"); slash !== -1;) {
    const to = endOfString(text, slash);
    // It is the first backslash of its string, so the quote before it begins that.
    if (isBeforeColon(text, to)) keys.push({ from: text.lastIndexOf('"', slash), to });
    slash = text.indexOf("\\", to);
  }
  return keys;
}

function endOfString(text: string, inside: number): number {
  let at = inside;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  return text[at] === ":";
}

function parseWithout(keys: readonly WrittenKey[], text: string): unknown {
  const decoded = keys.map(({ from, to }) => JSON.parse(text.slice(from, to)) as string);
  const mark = unusedMark(text, decoded);
  const names = new Map<string, string>();
  let plain = "";
  let done = 0;
  for (const [index, { from, to }] of keys.entries()) {
    const name = decoded[index]!;
    let written = JSON.stringify(name);
    if (written.includes("\\")) {
      const standIn = `${mark}${index}`;
      names.set(standIn, name);
      written = `"${standIn}"`;
    }
    plain += text.slice(done, from) + written;
    done = to;
  }
  return withNames(JSON.parse(plain + text.slice(done)), names);
}

/** No string of the text begins with it, however it is written, and none of the keys. */
function unusedMark(text: string, keys: readonly string[]): string {
  let longest = 0;
  for (const [found] of text.matchAll(/"k+/g)) longest = Math.max(longest, found.length);
  for (const key of keys) longest = Math.max(longest, /^k*/.exec(key)![0].length + 1);
  return "k".repeat(longest + 1);
}

function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withNames(item, names));
  // Members are made anew, in their order: an entry named `__proto__` is one as any other.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [names.get(key) ?? key, withNames(member, names)]),
  );
}
