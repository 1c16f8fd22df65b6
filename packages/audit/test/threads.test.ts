import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createAuditSink } from "@mcp-flowgate/audit";
import { createCountingIds } from "@mcp-flowgate/testkit";
import { afterAll, expect, test } from "vitest";
import { createRunReader } from "../src/verify/run-reader.ts";
import { verifyWith } from "../src/verify/verify-trail.ts";
import { createDeps, draft, fileIr, temporaryFolder } from "./support/deps.ts";
import { writeHonestTrail } from "./support/honest-trail.ts";
import { mutate, MUTATIONS } from "./support/mutate.ts";

const TRAILS = Number(process.env["AUDIT_TRAILS"] ?? 6);
/** Shorter than a line, a few lines, a good part of a file. */
const readers = [
  createRunReader(2, 97),
  createRunReader(2, 2000),
  createRunReader(2, 30_000),
  createRunReader(0, 5000),
];
afterAll(() => Promise.all(readers.map((reader) => reader.close())));

/** The verdicts of all readers, and, as often, that of who reads line by line. */
async function verdicts(path: string): Promise<{ readonly those: unknown[]; readonly same: unknown[] }> {
  const those: unknown[] = [];
  for (const reader of readers) those.push(await verifyWith({ path }, () => reader));
  const alone = await verifyWith({ path }, () => undefined);
  return { those, same: readers.map(() => alone) };
}

/** Changes that may be found or not: bytes of the file, wherever they are. */
const BYTES: { readonly [name: string]: (bytes: Buffer, pick: (count: number) => number) => Buffer } = {
  flip(bytes, pick) {
    const changed = Buffer.from(bytes);
    const at = pick(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << pick(8));
    return changed;
  },
  remove(bytes, pick) {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(900))]);
  },
  repeat(bytes, pick) {
    const at = pick(bytes.length);
    const end = at + pick(3000);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  addFeeds: (bytes, pick) => {
    const feed = bytes.indexOf(0x0a, pick(bytes.length));
    return Buffer.concat([bytes.subarray(0, feed), Buffer.from("\n\n"), bytes.subarray(feed)]);
  },
};

test(
  "whoever reads, threads or not, in runs or line by line, comes to the same verdict, in every word and number, over honest and changed trails",
  { timeout: 60_000 + TRAILS * 5000 },
  async () => {
    for (let seed = 1; seed <= TRAILS; seed += 1) {
      const trail = await writeHonestTrail(seed);
      const honest = await verdicts(trail.path);
      expect(honest.those, `seed ${seed}`).toEqual(honest.same);
      const { random } = createCountingIds(seed * 17);
      const pick = (count: number): number => Math.floor(random() * count);
      for (const [name, mutation] of Object.entries(MUTATIONS)) {
        const folder = join(dirname(trail.folder), name);
        cpSync(trail.folder, folder, { recursive: true });
        const what = mutate(folder, mutation, pick);
        if (what === undefined) continue;
        const changed = await verdicts(join(folder, "audit.jsonl"));
        expect(changed.those, `seed ${seed}: ${name} ${what}`).toEqual(changed.same);
      }
      for (const [name, change] of Object.entries(BYTES)) {
        const folder = join(dirname(trail.folder), `bytes-${name}`);
        cpSync(trail.folder, folder, { recursive: true });
        const path = join(folder, "audit.jsonl");
        writeFileSync(path, change(readFileSync(path), pick));
        const changed = await verdicts(path);
        expect(changed.those, `seed ${seed}: bytes, ${name}`).toEqual(changed.same);
      }
      rmSync(dirname(trail.folder), { recursive: true });
    }
  },
);

test("a long trail of several writers is read in runs, and a change in the middle of one is found where it is", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trails = await Promise.all(
    ["a", "b", "c"].map((process) => createAuditSink(fileIr(path), createDeps({ process }))),
  );
  for (let index = 0; index < 40; index += 1) {
    for (const trail of trails) {
      await trail.append(
        Array.from({ length: 25 }, (_, part) => draft({ payload: { index, part, note: "ü".repeat(part) } })),
      );
    }
  }
  for (const trail of trails) await trail.close();
  const bytes = readFileSync(path);
  let runs = 0;
  const counting = {
    async *read(fd: number, size: number) {
      for await (const run of (readers[2] as (typeof readers)[number]).read(fd, size)) {
        runs += run.records;
        yield run;
      }
    },
    close: () => Promise.resolve(),
  };
  const verdict = await verifyWith({ path }, () => counting);
  expect(verdict).toEqual(await verifyWith({ path }, () => undefined));
  expect(verdict).toMatchObject({ ok: true, records: 3006, checkpoints: 3 });
  expect(runs).toBe(3000);
  const at = bytes.indexOf('"index":30');
  bytes[at + 9] = 0x39;
  writeFileSync(path, bytes);
  const { those, same } = await verdicts(path);
  expect(those).toEqual(same);
  expect((await verifyWith({ path }, () => readers[1])).problem).toMatchObject({
    kind: "edited",
    stream: "gateway:a",
  });
});

test("threads that cannot read leave the reading to the one that judges", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  for (let index = 0; index < 20; index += 1) await trail.append([draft({ payload: { index } })]);
  await trail.close();
  const reader = createRunReader(2, 1000);
  const closedFd = 1_000_000;
  const broken = {
    read: (_fd: number, size: number) => reader.read(closedFd, size),
    close: () => reader.close(),
  };
  expect(await verifyWith({ path }, () => broken)).toEqual(await verifyWith({ path }, () => undefined));
  await broken.close();
});
