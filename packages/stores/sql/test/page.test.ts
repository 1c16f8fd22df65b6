import { expect, test } from "vitest";
import { fromCursor, toPage } from "../src/index.ts";

test("a page names the last row that it shows, where there are more", () => {
  const rows = [5, 4, 3].map((n) => ({ at: -10, n }));
  const page = toPage(rows, 2, ({ n }) => n);
  expect(page).toEqual({ items: [5, 4], nextCursor: "-10_4" });
  expect(fromCursor(page.nextCursor)).toEqual({ at: -10, n: 4 });
  expect(toPage(rows, 3, ({ n }) => n)).toEqual({ items: [5, 4, 3] });
});

test("a cursor that is none begins at the start", () => {
  expect(["", "10", "a_b", "1_2_3", "1.5_2", undefined].map(fromCursor)).toEqual(Array(6).fill(undefined));
});
