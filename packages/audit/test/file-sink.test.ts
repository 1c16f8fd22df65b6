import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createAuditSink, readTrail, verifyTrail } from "@mcp-flowgate/audit";
import type { AuditRecord } from "@mcp-flowgate/audit";
import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { createCapturedLog, createDeps, draft, fileIr, temporaryFolder } from "./support/deps.ts";

async function recordsOf(path: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readTrail({ path })) records.push(record);
  return records;
}

test("two gateways append to one file: both streams are dense and verify, and each vouches for the other", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const [a, b] = await Promise.all([
    createAuditSink(fileIr(path), createDeps({ process: "a" })),
    createAuditSink(fileIr(path), createDeps({ process: "b" })),
  ]);
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? a : b).append([draft({ payload: { index } })]),
    ),
  );
  await a.close();
  await b.close();
  const verdict = await verifyTrail({ path });
  expect(verdict).toMatchObject({ ok: true, records: 204, tornLines: 0 });
  expect(
    verdict.streams
      .map(({ stream, from, to }) => ({ stream, from, to }))
      .toSorted((x, y) => (x.stream < y.stream ? -1 : 1)),
  ).toEqual([
    { stream: "gateway:a", from: 1, to: 102 },
    { stream: "gateway:b", from: 1, to: 102 },
  ]);
  const closing = (await recordsOf(path)).at(-1);
  expect(closing?.payload["heads"]).toEqual([
    {
      stream: "gateway:a",
      seq: 102,
      hash: verdict.streams.find(({ stream }) => stream === "gateway:a")?.hash,
      file: 1,
    },
  ]);
});

test("events are on disk, in order, when append resolves; many at once share writes", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  await Promise.all(Array.from({ length: 300 }, (_, index) => trail.append([draft({ payload: { index } })])));
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const indexes = lines.slice(1).map((line) => (JSON.parse(line) as AuditRecord).payload["index"]);
  expect(indexes).toEqual(Array.from({ length: 300 }, (_, index) => index));
  await trail.close();
});

test("files rotate by size, the chain goes on across them, and only as many as configured stay", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const trail = await createAuditSink(
    fileIr(path, { rotate: { maxBytes: 4000, maxAgeMs: 0, keep: 2 } }),
    createDeps(),
  );
  for (let index = 0; index < 60; index += 1) await trail.append([draft({ payload: { index } })]);
  await trail.close();
  const rotated = readdirSync(folder).filter((name) => /\.\d{6}$/.test(name));
  expect(rotated).toHaveLength(2);
  for (const name of rotated) expect(statSync(join(folder, name)).size).toBeLessThan(8000);
  const verdict = await verifyTrail({ path });
  expect(verdict.problem).toBeUndefined();
  expect(verdict.files).toHaveLength(3);
  expect(verdict.streams[0]?.from).toBeGreaterThan(1);
});

test("files rotate by age", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const clock = createManualClock();
  const ir = fileIr(path, { rotate: { maxBytes: 0, maxAgeMs: 3_600_000, keep: 5 } });
  const trail = await createAuditSink(ir, createDeps({ clock }));
  await trail.append([draft()]);
  await clock.advance(3_599_000);
  await trail.append([draft()]);
  expect(readdirSync(folder)).not.toContain("audit.jsonl.000001");
  await clock.advance(2000);
  await trail.append([draft()]);
  expect(readdirSync(folder)).toContain("audit.jsonl.000001");
  await trail.close();
  expect((await verifyTrail({ path })).ok).toBe(true);
});

test("of two gateways one rotates and the other follows", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const ir = fileIr(path, { rotate: { maxBytes: 3000, maxAgeMs: 0, keep: 100 } });
  const a = await createAuditSink(ir, createDeps({ process: "a" }));
  const b = await createAuditSink(ir, createDeps({ process: "b" }));
  for (let index = 0; index < 40; index += 1) {
    await Promise.all([a.append([draft({ payload: { index } })]), b.append([draft({ payload: { index } })])]);
  }
  await Promise.all([a.close(), b.close()]);
  const verdict = await verifyTrail({ path });
  expect(verdict.problem).toBeUndefined();
  const events = (await recordsOf(path)).filter((record) => !record.eventType.startsWith("audit."));
  expect(events).toHaveLength(80);
  expect(readdirSync(folder).filter((name) => name.includes(".lock") || name.includes(".next"))).toEqual([]);
});

test("logrotate may move the file away: the stream goes on at the path, with or without a reopen", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  await trail.append([draft({ payload: { index: 1 } })]);
  renameSync(path, `${path}.1`);
  await trail.append([draft({ payload: { index: 2 } })]);
  renameSync(path, `${path}-20260101`);
  writeFileSync(path, "");
  await trail.reopen();
  await trail.append([draft({ payload: { index: 3 } })]);
  await trail.close();
  const verdict = await verifyTrail({ path });
  expect(verdict.problem).toBeUndefined();
  expect(verdict.files.map((file) => file.slice(folder.length + 1))).toEqual([
    "audit.jsonl.1",
    "audit.jsonl-20260101",
    "audit.jsonl",
  ]);
});

test("logrotate may copy the file and cut it: with the copy, the trail verifies; without it, the file is missed", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  await trail.append([draft({ payload: { index: 1 } })]);
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  await trail.append([draft({ payload: { index: 2 } })]);
  await trail.close();
  const verdict = await verifyTrail({ path });
  expect(verdict.problem).toBeUndefined();
  expect(verdict.streams).toMatchObject([{ from: 1, to: 5 }]);
  rmSync(`${path}.1`);
  expect((await verifyTrail({ path })).problem).toMatchObject({ kind: "missing_file" });
  expect(await verifyTrail({ path, allowMissingOlder: true })).toMatchObject({
    ok: true,
    streams: [{ from: 3 }],
  });
});

test("a file that is deleted under a running gateway is missed by verify, and events after it are kept", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  await trail.append([draft()]);
  rmSync(path);
  await trail.append([draft({ payload: { after: true } })]);
  await trail.close();
  expect((await verifyTrail({ path })).problem).toMatchObject({ kind: "missing_file" });
  expect((await recordsOf(path)).some((record) => record.payload["after"] === true)).toBe(true);
});

test("a line that a crash cut off stays, is ended and declared by the next record, and the trail verifies", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const first = await createAuditSink(fileIr(path), createDeps({ process: "first" }));
  await first.append([draft(), draft()]);
  const torn = readFileSync(path, "utf8").split("\n")[1]?.slice(0, 100) ?? "";
  appendFileSync(path, torn);
  expect(await verifyTrail({ path })).toMatchObject({ ok: true, tornLines: 1 });
  const second = await createAuditSink(fileIr(path), createDeps({ process: "second" }));
  await second.append([draft()]);
  expect(await verifyTrail({ path })).toMatchObject({ ok: true, tornLines: 1 });
  const opened = (await recordsOf(path)).find((record) => record.stream === "gateway:second");
  expect(opened?.payload["torn"]).toEqual([{ bytes: 100, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(opened?.payload["heads"]).toMatchObject([{ stream: "gateway:first", seq: 3 }]);
  // What a crash left cannot be changed afterwards either.
  const text = readFileSync(path, "utf8");
  const at = text.indexOf(`${torn}\n`) + 30;
  writeFileSync(path, `${text.slice(0, at)}X${text.slice(at + 1)}`);
  expect((await verifyTrail({ path })).problem).toMatchObject({ kind: "not_a_record", line: 4 });
  await first.close();
  await second.close();
});

test("a clock that goes back leaves timestamps that go back, and a trail that verifies", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const clock = createManualClock();
  const trail = await createAuditSink(fileIr(path), createDeps({ clock }));
  await trail.append([draft({ at: clock.now() })]);
  clock.skew(-86_400_000);
  await trail.append([draft({ at: clock.now() })]);
  await trail.close();
  const [, first, second] = await recordsOf(path);
  expect(Date.parse(first?.timestamp ?? "") - Date.parse(second?.timestamp ?? "")).toBe(86_400_000);
  expect((await verifyTrail({ path })).ok).toBe(true);
});

test("streams are sealed after a minute and at the end, with a signature that only the key can make", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const clock = createManualClock();
  const trail = await createAuditSink(fileIr(path), createDeps({ clock, process: "a" }));
  await trail.append([draft()]);
  await clock.advance(60_000);
  await trail.reopen();
  expect((await recordsOf(path)).map((record) => record.eventType)).toEqual([
    "audit.opened",
    "transition.requested",
    "audit.checkpoint",
  ]);
  await trail.append([draft()]);
  await trail.close();
  const publicKey = readFileSync(`${path}.key.pub`, "utf8");
  expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600);
  const verdict = await verifyTrail({ path, publicKeys: [publicKey] });
  expect(verdict).toMatchObject({ ok: true, checkpoints: 2, streams: [{ to: 5, signedTo: 4 }] });
  const other = join(folder, "other.jsonl");
  await (await createAuditSink(fileIr(other), createDeps())).close();
  const foreign = await verifyTrail({ path, publicKeys: [readFileSync(`${other}.key.pub`, "utf8")] });
  expect(foreign.problem).toMatchObject({ kind: "forged_checkpoint", stream: "gateway:a", seq: 3 });
});

test("a path that can never work is refused at the start, with the reason", async () => {
  const folder = temporaryFolder();
  const refused = async (path: string): Promise<string> => {
    const opening = createAuditSink(fileIr(path, { signingKeyFile: join(folder, "key") }), createDeps());
    const error = await opening.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    return (error as Error).message;
  };
  mkdirSync(join(folder, "directory"));
  expect(await refused(join(folder, "directory"))).toContain("EISDIR");
  writeFileSync(join(folder, "notes.txt"), "dear diary\n");
  expect(await refused(join(folder, "notes.txt"))).toContain("holds something else than an audit trail");
  expect(await refused(join(folder, "notes.txt", "audit.jsonl"))).toContain("EEXIST");
  expect(await refused("/dev/full")).toContain("is not a regular file");
});

test("verify reads other people's paths as they are: a missing trail and a wrong key are errors", async () => {
  const folder = temporaryFolder();
  await expect(verifyTrail({ path: join(folder, "none", "audit.jsonl") })).rejects.toMatchObject({
    code: "ENOENT",
  });
  await expect(verifyTrail({ path: join(folder, "audit.jsonl") })).resolves.toMatchObject({
    ok: true,
    records: 0,
  });
  await expect(verifyTrail({ path: folder, publicKeys: ["nonsense"] })).rejects.toThrow("PEM");
});

test("what cannot be rotated is written on, with a warning", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "audit.jsonl");
  const log = createCapturedLog();
  const ir = fileIr(path, { rotate: { maxBytes: 1000, maxAgeMs: 0, keep: 2 } });
  const trail = await createAuditSink(ir, createDeps({ log }));
  mkdirSync(join(folder, "audit.jsonl.000001"));
  for (let index = 0; index < 5; index += 1) await trail.append([draft({ payload: { index } })]);
  await trail.close();
  expect(log.lines.filter((line) => line.level === "warn").map((line) => line.message)).toEqual([
    "audit file cannot be rotated",
  ]);
  expect((await verifyTrail({ path })).ok).toBe(true);
});
