import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTextPool, type KeptText } from "../src/text-pool.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((some) => some.toWellFormed()),
  fc.integer({ min: 1, max: 60_000 }).map((length) => "é".repeat(length)),
);

test("texts come back as they were put, whichever were given back before (P1, P2)", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 60 }), (steps) => {
      const pool = createTextPool();
      const held: { readonly kept: KeptText; readonly text: string }[] = [];
      for (const [one, isGivenBack] of steps) {
        held.push({ kept: pool.put(one), text: one });
        const first = isGivenBack ? held.shift() : undefined;
        if (first !== undefined) pool.giveBack(first.kept);
        for (const { kept, text: expected } of held) expect(pool.read(kept)).toBe(expected);
      }
    }),
    { numRuns: 50 },
  );
});

test("texts that come and go in turn take no more blocks than those that are there (P1)", () => {
  const pool = createTextPool();
  const blocks = new Set<unknown>();
  const held: KeptText[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const kept = pool.put("x".repeat(1000));
    blocks.add(kept.block);
    held.push(kept);
    if (held.length > 1000) pool.giveBack(held.shift()!);
  }
  // A thousand of a kilobyte are four blocks; one more is being written, and one is partly given back.
  expect(blocks.size).toBeLessThanOrEqual(7);
});
