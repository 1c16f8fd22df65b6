import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSameSetting } from "../src/reload/differences.ts";

const settings = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(undefined, null, true, "", "a", 0, 1),
    fc.array(
      tie("value").map((item) => item ?? null),
      { maxLength: 3 },
    ),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

/** What both come to where they are written down: members that are undefined are not. */
const written = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

test("two settings are the same where they are written alike, whatever the order of their keys", () => {
  fc.assert(
    fc.property(settings, settings, (left, right) => {
      const alike = isDeepStrictEqual(written(left), written(right));
      expect(isSameSetting(left, right)).toBe(alike);
      expect(isSameSetting(right, left)).toBe(alike);
      expect(isSameSetting(left, written(left))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
