import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLineReader } from "../src/line-reader.ts";

function read(
  chunks: readonly Buffer[],
  maxBytes: number,
): { readonly lines: string[]; readonly overflows: string[] } {
  const lines: string[] = [];
  const overflows: string[] = [];
  const reader = createLineReader(
    maxBytes,
    (line) => lines.push(line),
    (beginning) => overflows.push(beginning),
  );
  for (const chunk of chunks) reader.add(chunk);
  return { lines, overflows };
}

function cut(whole: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [...at, whole.length].map((end, index) => whole.subarray(index === 0 ? 0 : at[index - 1], end));
}

test("gives the same lines however the stream was cut, characters too", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.toWellFormed().replaceAll(/[\r\n]/g, ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), fc.constantFrom("\n", "\r\n"), (lines, places, end) => {
      const whole = Buffer.from(lines.map((text) => text + end).join(""));
      expect(read(cut(whole, places), 1_000_000)).toEqual({
        lines: lines.filter((text) => text !== ""),
        overflows: [],
      });
    }),
  );
});

test("drops a line that is too long, tells of it once, and goes on with the next", () => {
  const whole = Buffer.from(`first\n${"x".repeat(1000)}\nnext\n${"y".repeat(11)}\n${"z".repeat(10)}\n`);
  fc.assert(
    fc.property(fc.array(fc.nat()), (places) => {
      const { lines, overflows } = read(cut(whole, places), 10);
      expect(lines).toEqual(["first", "next", "z".repeat(10)]);
      expect(overflows).toHaveLength(2);
      expect(overflows.every((beginning) => /^[xy]{1,200}$/.test(beginning))).toBe(true);
    }),
  );
});

test("keeps what has no line break yet for itself", () => {
  expect(read([Buffer.from("half")], 100)).toEqual({ lines: [], overflows: [] });
});
