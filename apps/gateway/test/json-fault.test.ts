import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonFault } from "../src/host/json-fault.ts";

test.for([
  ['{"a":1,"a":2}', 'the key "a" stands twice in one object'],
  [String.raw`[{"b":{"id":1,"x":"\"","\u0069d":2}}]`, 'the key "id" stands twice in one object'],
  ['{"__proto__":1, "__proto__" : 2}', 'the key "__proto__" stands twice in one object'],
  [String.raw`{"a\\":1,"a\\":2}`, String.raw`the key "a\\" stands twice in one object`],
  ['{"a":1e400}', "the number 1e400 is too large"],
  ["[-1E999]", "the number -1E999 is too large"],
  ["[9007199254740993]", "the number 9007199254740993 cannot be kept exactly; send it as text"],
  ["9223372036854775808", "the number 9223372036854775808 cannot be kept exactly; send it as text"],
  ["-9223372036854775807", "the number -9223372036854775807 cannot be kept exactly; send it as text"],
] as const)("what a value would not say is a fault: %s", ([text, fault]) => {
  expect(findJsonFault(text)).toBe(fault);
});

test.for([
  '{"a":{"a":[{"a":1},{"a":"a"}]},"b":"a","A":1}',
  String.raw`{"a":"\",\"a\":1","a\"":"\\"}`,
  '["a","a",":",{"":":"}]',
  "[9007199254740991,9007199254740992,1700000000000000000,1e300,0.1234567890123456789,-0,1E+2]",
  '"1e400"',
])("what a value says whole is none: %s", (text) => {
  expect(findJsonFault(text)).toBeUndefined();
});

test("no text that was written from a value has a fault, and each key said twice is one", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", '"', "\\", ":", "{", "é"));
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.boolean(), tie("list"), tie("object")),
    list: fc.array(tie("any")),
    object: fc.dictionary(key, tie("any")),
  })).any;
  fc.assert(
    fc.property(value, key, value, (inner, twice, other) => {
      const [text, name, more] = [inner, twice, other].map((one) => JSON.stringify(one));
      expect(findJsonFault(JSON.stringify([inner], undefined, 2))).toBeUndefined();
      expect(findJsonFault(`[${text},{${name}:${text},"-${"x".repeat(50)}":${more},${name}:1}]`)).toMatch(
        /twice/,
      );
    }),
  );
});
