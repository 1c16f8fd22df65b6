import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createAuditSink, readTrail, verifyTrail } from "@mcp-flowgate/audit";
import type { AuditRecord } from "@mcp-flowgate/audit";
import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { auditIr, createCapturedLog, createDeps, draft, fileIr, temporaryFolder } from "./support/deps.ts";

/** A file system of `bytes`, or `undefined` where this machine does not let us mount one. */
function smallDisk(bytes: number): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return folder;
}

async function recordsOf(path: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readTrail({ path })) records.push(record);
  return records;
}

const disk = smallDiskWorks();

function smallDiskWorks(): boolean {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

test.skipIf(!disk)(
  "a full disk refuses events, also in the middle of a line, and recovers by itself",
  async ({ skip }) => {
    const folder = smallDisk(128 * 1024);
    if (folder === undefined) return skip("no tmpfs");
    const path = join(folder, "audit.jsonl");
    const clock = createManualClock();
    const trail = await createAuditSink(fileIr(path, {}, { heads: false }), createDeps({ clock }));
    const note = "x".repeat(1500);
    let recorded = 0;
    let refusal: unknown;
    for (; refusal === undefined; recorded += refusal === undefined ? 1 : 0) {
      refusal = await trail.append([draft({ payload: { note } })]).catch((error: unknown) => error);
    }
    expect(refusal).toMatchObject({ name: "FlowgateError", code: "AUDIT_UNAVAILABLE" });
    expect(trail.health()).toMatchObject({ ready: false, sinks: [{ kind: "file", ok: false, refused: 1 }] });
    expect((await verifyTrail({ path })).problem).toBeUndefined();
    // Nobody calls any more: it is found out that there is room again all the same.
    execFileSync("mount", ["-o", "remount,size=4m", folder]);
    await clock.advance(1000);
    await trail.reopen();
    expect(trail.health()).toMatchObject({ ready: true, sinks: [{ ok: true, refused: 1 }] });
    await trail.append([draft({ payload: { after: true } })]);
    await trail.close();
    const verdict = await verifyTrail({ path });
    expect(verdict).toMatchObject({ ok: true, tornLines: 1 });
    const records = await recordsOf(path);
    expect(records.filter((record) => record.payload["note"] === note)).toHaveLength(recorded);
    expect(records.find((record) => record.eventType === "audit.lost")?.payload).toMatchObject({
      outcome: "refused",
      count: 1,
      types: { "transition.requested": 1 },
    });
    return undefined;
  },
);

test("fail_open goes on without the sink, counts what is lost, and records that once it can", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "trail", "audit.jsonl");
  const clock = createManualClock();
  const log = createCapturedLog();
  const trail = await createAuditSink(fileIr(path, { onFailure: "fail_open" }), createDeps({ clock, log }));
  await trail.append([draft()]);
  renameSync(join(folder, "trail"), join(folder, "away"));
  writeFileSync(join(folder, "trail"), "in the way");
  await trail.append([draft({ type: "executor.started" }), draft({ type: "executor.failed" })]);
  await trail.append([draft({ type: "executor.started" })]);
  expect(trail.health()).toMatchObject({ ready: true, sinks: [{ ok: false, lost: 3, refused: 0 }] });
  expect(log.lines.filter((line) => line.level === "error")).toHaveLength(1);
  rmSync(join(folder, "trail"));
  renameSync(join(folder, "away"), join(folder, "trail"));
  await trail.append([draft()]);
  expect(trail.health()).toMatchObject({ ready: true, sinks: [{ ok: true, lost: 3 }] });
  await trail.close();
  expect((await verifyTrail({ path })).problem).toBeUndefined();
  expect((await recordsOf(path)).find((record) => record.eventType === "audit.lost")?.payload).toMatchObject({
    outcome: "lost",
    count: 3,
    types: { "executor.failed": 1, "executor.started": 2 },
  });
});

test("fail_closed refuses with every sink that must record, and says which", async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE: broken pipe")) });
  const ir = auditIr({
    sinks: [
      { kind: "memory", events: [], options: {} },
      { kind: "stderr", events: ["executor.*"], options: {} },
    ],
  });
  const trail = await createAuditSink(ir, createDeps({ stderr: broken }));
  await trail.append([draft({ type: "workflow.started" })]);
  await expect(trail.append([draft({ type: "executor.started" })])).rejects.toMatchObject({
    code: "AUDIT_UNAVAILABLE",
    message: expect.stringContaining("`stderr`"),
  });
  expect(trail.health()).toMatchObject({ ready: false, sinks: [{ ok: true }, { ok: false, refused: 1 }] });
  await trail.close();
  await expect(trail.append([draft()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
});

test("standard output is refused where it is the protocol's channel, and so is a sink that only a store can be", async () => {
  const only = (kind: "stdout" | "sqlite"): Promise<unknown> =>
    createAuditSink(auditIr({ sinks: [{ kind, events: [], options: {} }] }), createDeps());
  await expect(only("stdout")).rejects.toMatchObject({
    code: "AUDIT_UNAVAILABLE",
    message: expect.stringContaining("stdout"),
  });
  await expect(only("sqlite")).rejects.toMatchObject({
    code: "AUDIT_UNAVAILABLE",
    message: expect.stringContaining("store"),
  });
  const ir = auditIr({ sinks: [{ kind: "sqlite", events: [], options: {} }] });
  await expect(createAuditSink(ir, createDeps({ recordedByStore: ["sqlite"] }))).resolves.toBeDefined();
});

test("an event without JSON text is refused and does not spoil those beside it", async () => {
  const trail = await createAuditSink(auditIr(), createDeps());
  const results = await Promise.allSettled([
    trail.append([draft()]),
    trail.append([draft({ payload: { amount: Number.NaN } })]),
    trail.append([draft()]),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(trail.records()).toHaveLength(2);
});

test("a trail without sinks takes everything and keeps nothing", async () => {
  const trail = await createAuditSink(auditIr({ sinks: [] }), createDeps());
  await trail.append([draft()]);
  expect(trail.health()).toEqual({ ready: true, onFailure: "fail_closed", sinks: [] });
  await trail.close();
});

test("a folder in the way of the file refuses until it is gone", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  await trail.append([draft()]);
  renameSync(path, `${path}.1`);
  mkdirSync(path);
  await expect(trail.append([draft()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  rmSync(path, { recursive: true });
  await trail.append([draft()]);
  await trail.close();
  expect((await verifyTrail({ path })).problem).toBeUndefined();
});

const tracer = ["/usr/bin/strace", "/usr/local/bin/strace"].find((path) => existsSync(path));

test.skipIf(tracer === undefined)(
  "where a sync fails nobody is told that it is recorded, and a new stream begins at what is known to be on disk",
  { timeout: 60_000 },
  async () => {
    const path = join(temporaryFolder(), "audit.jsonl");
    const writer = new URL("./support/writer.ts", import.meta.url).pathname;
    const failing = [
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      "trace=fdatasync",
      "-e",
      "inject=fdatasync:error=EIO:when=4+9",
    ];
    const node = [process.execPath, "--conditions=@mcp-flowgate/source", writer, path, "w", "0", "30"];
    const output = execFileSync(tracer ?? "", [...failing, ...node], { encoding: "utf8" });
    const answers = output.trim().split("\n");
    const told = answers.filter((line) => !line.endsWith("refused")).map(Number);
    expect(answers).toHaveLength(30);
    expect(told.length).toBeLessThan(30);
    const verdict = await verifyTrail({ path });
    expect(verdict.problem).toBeUndefined();
    expect(verdict.streams.map(({ stream }) => stream).slice(0, 2)).toEqual(["gateway:w", "gateway:w.2"]);
    const records = await recordsOf(path);
    const second = records.find((record) => record.stream === "gateway:w.2");
    expect(second?.payload["heads"]).toMatchObject([{ stream: "gateway:w" }]);
    expect(records.map((record) => record.payload["index"])).toEqual(expect.arrayContaining(told));
    expect(records.some((record) => record.eventType === "audit.lost")).toBe(true);
  },
);
