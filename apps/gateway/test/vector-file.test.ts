import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readVectors, writeVectors } from "../src/discovery/vector-file.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-vectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "deep/er/flowgate.vectors");
const some = new Map([
  ["aa", new Float32Array([0.5, -1, 3])],
  ["bb", new Float32Array([1, 2, 1e-20])],
]);

test("what was written is read, by its owner only, and for its model only", async () => {
  expect(await writeVectors(path, "m", some)).toEqual({ ok: true, value: undefined });
  expect(await readVectors(path, "m")).toEqual({ ok: true, value: some });
  expect(await readVectors(path, "other")).toEqual({ ok: true, value: new Map() });
  expect(await readVectors(`${path}.none`, "m")).toEqual({ ok: true, value: new Map() });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file with a byte changed or cut off never gives a vector that was not written", async () => {
  await writeVectors(path, "m", some);
  const whole = readFileSync(path);
  const damaged = `${path}.damaged`;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, flip, cut) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ flip;
        writeFileSync(damaged, cut ? whole.subarray(0, at) : bytes);
        const read = await readVectors(damaged, "m");
        const known = new Set([...some.values()].map(String));
        for (const vector of read.ok ? read.value.values() : []) expect(known).toContain(String(vector));
      },
    ),
    { numRuns: 100 },
  );
});
