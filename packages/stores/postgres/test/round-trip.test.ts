import { arbitraryText as text } from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeRoundTrip } from "@mcp-flowgate/store-testkit";
import { fromKey, toBoundedKey, toKey } from "../src/keys.ts";
import { createSharedBench } from "./support/shared.ts";

describe("whatever goes in comes back (S5, F25)", () => {
  describeRoundTrip(createSharedBench, { fromKey, toKey, wide: 1_250_000 });
});

test("names of callers fit in an index, however long they are, and stay apart", () => {
  const long = text.map((one) => one.repeat(300));
  fc.assert(
    fc.property(fc.oneof(text, long), fc.oneof(text, long), (left, right) => {
      expect(toBoundedKey(left) === toBoundedKey(right)).toBe(left === right);
      expect(Buffer.byteLength(toBoundedKey(left))).toBeLessThanOrEqual(600);
      expect(toBoundedKey(left)).not.toContain("\0");
    }),
  );
});
