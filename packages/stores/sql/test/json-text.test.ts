import { arbitraryJson } from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { freezeJson, fromJsonText, toJsonText, writeAs } from "../src/json-text.ts";

test("what JSON text cannot lose comes back from it equal, to the sign of zero", () => {
  fc.assert(
    fc.property(arbitraryJson, (value) => {
      const kept = toJsonText(value);
      expect(kept.isWellFormed()).toBe(true);
      expect(kept).not.toContain("\0");
      expect(fromJsonText(kept)).toEqual(value);
    }),
  );
});

test("a value that is frozen first has the same text", () => {
  fc.assert(
    fc.property(arbitraryJson, (value) => {
      const text = toJsonText(value);
      expect(writeAs(freezeJson(value), value)).toBe(text);
    }),
  );
});

test("freezing goes to the bottom, and says whether the text will say all of the value", () => {
  expect(freezeJson({ a: [1, "x", null] })).toBe("equal");
  expect(freezeJson({ a: [{ b: -0 }] })).toBe("careful");
  expect(freezeJson({ a: undefined })).toBe("loose");
  expect(freezeJson({ a: new Date(0), b: Infinity })).toBe("careful");
  const inner = { b: 1 };
  freezeJson({ a: [inner] });
  expect(Object.isFrozen(inner)).toBe(true);
});

test("a number that JSON has no text for is refused, not changed", () => {
  expect(() => toJsonText({ a: [Number.NaN] })).toThrow(TypeError);
});
