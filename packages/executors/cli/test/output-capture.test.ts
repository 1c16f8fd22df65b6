import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createOutputCapture } from "../src/output-capture.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });

test("keeps everything that fits, however it was cut", () => {
  fc.assert(
    fc.property(chunks, (parts) => {
      const whole = Buffer.concat(parts);
      const capture = createOutputCapture(whole.length);
      for (const part of parts) capture.add(Buffer.from(part));
      expect(capture.take()).toEqual({ text: whole.toString("utf8"), bytes: whole.length, truncated: false });
    }),
  );
});

test("keeps a beginning and an end of whole characters of what does not fit, and counts the rest", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
      fc.nat({ max: 60 }),
      (text, limit) => {
        const whole = Buffer.from(text.toWellFormed());
        fc.pre(whole.length > limit);
        const capture = createOutputCapture(limit);
        for (const byte of whole) capture.add(Buffer.of(byte));
        const { text: kept, bytes, truncated } = capture.take();
        expect([bytes, truncated]).toEqual([whole.length, true]);
        const [head = "", tail = ""] = kept.split(/\n\[\d+ bytes left out\]\n/);
        expect(whole.toString("utf8").startsWith(head)).toBe(true);
        expect(whole.toString("utf8").endsWith(tail)).toBe(true);
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(limit);
        expect(Number(/\[(\d+) bytes/.exec(kept)?.[1])).toBe(whole.length - limit);
      },
    ),
  );
});

test("stays small while it takes much", () => {
  const capture = createOutputCapture(1000);
  for (let index = 0; index < 100_000; index++) capture.add(Buffer.from(`line ${index}\n`));
  const { text } = capture.take();
  expect(text).toMatch(/^line 0\n/);
  expect(text).toMatch(/line 99999\n$/);
  expect(text.length).toBeLessThan(1100);
});
