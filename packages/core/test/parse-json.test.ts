import { parseJson, tryParseJson } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";

/** Few characters, so that objects often have keys of others up to an escape; with what has to be escaped. */
const key = fc.oneof(
  fc.array(fc.constantFrom("a", "k", "\\", '"', "\n", "\u0000", "\ud800", "/", "1", "_"), { maxLength: 4 }),
  fc.constant(["__proto__"]),
);
const member = fc.tuple(
  key.map((characters) => characters.join("")),
  fc.constantFrom<unknown>(0, "x\\", [{ "\\": "\n" }], null),
);
const object = fc.array(member, { maxLength: 4 }).map((members) => Object.fromEntries(members));

/** A text of the same value in which any character of a string may be written as an escape. */
function withEscapes(text: string, escaped: readonly boolean[]): string {
  let count = 0;
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) =>
    string.replaceAll(/\\u[0-9a-f]{4}|\\.|[a-z1_]/g, (one) => {
      count += 1;
      const isEscaped = one.length === 1 && escaped[count % escaped.length];
      return isEscaped ? `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}` : one;
    }),
  );
}

test("a key is what it was written as, whatever keys objects before it had", () => {
  // What V8 remembers of it is what it takes for the next one.
  expect(Object.keys(parseJson('{"h":0,"\\\\":0}') as object)).toEqual(["h", "\\"]);
  expect(Object.keys(parseJson('{"h":0,"\\n":0}') as object)).toEqual(["h", "\n"]);
  fc.assert(
    fc.property(fc.array(object, { maxLength: 4 }), fc.integer({ min: 0, max: 2 }), (values, indent) => {
      const text = JSON.stringify(values, undefined, indent);
      expect(JSON.stringify(parseJson(text), undefined, indent)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("an escape that was not needed changes nothing", () => {
  const escaped = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(object, escaped, (value, where) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseJson(withEscapes(text, where)))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("what stands for a key meanwhile is none of the others, though they are written as escapes", () => {
  expect(parseJson('{"\\"":0,"\\u006b1":1,"\\n":2}')).toEqual({ '"': 0, k1: 1, "\n": 2 });
});

test("the last of equal keys counts, however each is written", () => {
  expect(parseJson('{"\\u0031":1,"1":2,"\\"":3,"\\u0022":4}')).toEqual({ "1": 2, '"': 4 });
});

test.for(["", "{", '{"a\\":1}', '{"\\n":1,}', "[1,]", '"\\x"', "nul"])(
  "what is no JSON is refused as by JSON.parse: %s",
  (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  },
);

test("a text of ten megabytes that is one escaped key is read at once", () => {
  const name = "\n".repeat(5_000_000);
  expect(Object.keys(parseJson(JSON.stringify({ [name]: "k".repeat(5_000_000) })) as object)).toEqual([name]);
});

test("what may be no JSON is a value, `null` as well, or undefined", () => {
  expect(tryParseJson("null")).toBeNull();
  expect(tryParseJson('{"a":[1]}')).toEqual({ a: [1] });
  for (const text of ["", "{", '{"\\n":1,}', "nul"]) expect(tryParseJson(text)).toBeUndefined();
});
