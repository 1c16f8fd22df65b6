import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { toBigintArray, toTextArray } from "../src/binary-array.ts";
import { benchOn } from "./support/open.ts";

test("arrays arrive at the server as they were given", async () => {
  const { ask } = benchOn(await createTestDatabase());
  const texts = ["", "a", null, '{"quote":"\\"","comma":","}', "ü😀", "NULL", "x".repeat(100_000)];
  const whole = Number.MAX_SAFE_INTEGER;
  const numbers = [0, 1, -1, null, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), 2 ** 32 - 1, whole, -whole];
  const [row] = await ask<{ texts: unknown; numbers: readonly (string | null)[] }>(
    "SELECT to_jsonb($1::text[]) AS texts, $2::bigint[]::text[] AS numbers",
    [toTextArray(texts), toBigintArray(numbers)],
  );
  expect(row?.texts).toEqual(texts);
  expect(row?.numbers).toEqual(numbers.map((number) => number?.toString() ?? null));
  expect(
    await ask("SELECT cardinality($1::text[]) AS texts, cardinality($2::bigint[]) AS numbers", [
      toTextArray([]),
      toBigintArray([]),
    ]),
  ).toEqual([{ texts: 0, numbers: 0 }]);
});
