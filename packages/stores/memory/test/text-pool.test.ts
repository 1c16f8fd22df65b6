import { randomUUID } from "node:crypto";
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

test("texts that are alike take a fraction of what they are", () => {
  const pool = createTextPool();
  const held = new Map<KeptText, string>();
  for (let count = 0; count < 10_000; count += 1) {
    const text = JSON.stringify([
      randomUUID(),
      "hello.echo",
      "completed",
      { message: "hello" },
      count,
    ]).repeat(8);
    held.set(pool.put(text), text);
  }
  const blocks = new Set(Array.from(held.keys(), ({ block }) => block));
  const kept = Array.from(blocks, ({ bytes }) => bytes.length).reduce((sum, size) => sum + size, 0);
  const written = Array.from(held.values(), ({ length }) => length).reduce((sum, size) => sum + size, 0);
  expect(kept).toBeLessThan(written / 4);
  for (const [one, text] of held) expect(pool.read(one)).toBe(text);
});

test("only the block that is being written takes as much as it holds (P1)", () => {
  const pool = createTextPool();
  const blocks = new Set<KeptText["block"]>();
  for (let count = 0; count < 3000; count += 1) blocks.add(pool.put("x".repeat(1000)).block);
  expect(blocks.size).toBeGreaterThan(10);
  expect([...blocks].filter(({ isPacked }) => !isPacked)).toHaveLength(1);
});

test("texts that come and go in turn are in no more blocks than those that are there", () => {
  const pool = createTextPool();
  const held: KeptText[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    held.push(pool.put("x".repeat(1000)));
    if (held.length > 1000) pool.giveBack(held.shift()!);
  }
  // A thousand of a kilobyte are four blocks; one more is being written, and one is partly given back.
  const blocks = new Set(held.map(({ block }) => block));
  expect(blocks.size).toBeLessThanOrEqual(7);
  expect([...blocks].reduce((sum, { texts }) => sum + texts, 0)).toBe(1000);
});
