/**
 * What the SQLite store commits: batches a second at several numbers of concurrent writers in one process, and of several
 * processes on one file, beside the machine's own fdatasync rate, without which they say nothing. A batch is what the
 * engine writes for a step: the instance, its operation, two audit events.
 *
 *     node --conditions=@mcp-flowgate/source bench/store-sqlite/run.ts [milliseconds per measurement] [folder] [rows before]
 */
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ANONYMOUS,
  type AuditDraft,
  type Batch,
  type Operation,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { createSqliteStore, type SqliteStore } from "@mcp-flowgate/store-sqlite";

const [ms = "2000", parent = tmpdir(), before = "0", role, shared] = process.argv.slice(2);
const ROUND_MS = Number(ms);
const WRITERS = [1, 4, 16, 64];
const PROCESSES = 4;

const quiet = (): void => undefined;
const parts = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs: number, run: () => void): () => void {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  ids: { next: (prefix: string) => `${prefix}_${randomUUID()}`, random: () => Math.random() },
  digest: { sha256: (text: string) => createHash("sha256").update(text).digest("hex") },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

const context = { service: "web", notes: "x".repeat(800) };

function instanceOf(id: string, version: number): WorkflowInstance {
  return {
    id,
    tenant: "default",
    owner: "anonymous",
    definitionId: "deploy",
    definitionVersion: "1.0.0",
    definitionHash: "d".repeat(64),
    state: "draft",
    stateEnteredAt: version,
    version,
    status: "idle",
    context,
    input: { service: "web" },
    output: null,
    startedBy: ANONYMOUS,
    fence: version,
    chainDepth: 0,
    createdAt: 1,
    updatedAt: version,
  };
}

function operationOf(workflowId: string, fromVersion: number): Operation {
  return {
    id: `op_${workflowId}_${fromVersion}`,
    workflowId,
    fromVersion,
    fromState: "draft",
    slot: "submit",
    transition: "go",
    actor: ANONYMOUS,
    arguments: { amount: 12 },
    argumentsHash: "a".repeat(64),
    effect: "once",
    candidate: 0,
    attempt: 1,
    takeovers: 0,
    idempotencyKey: `${workflowId}.${fromVersion}.submit.0123456789abcdef`,
    status: "committed",
    fence: fromVersion,
    correlationId: "cor_1",
    deadlineAt: 1,
    startedAt: 1,
    result: { ok: true },
  };
}

function eventOf(type: AuditDraft["type"], workflowId: string): AuditDraft {
  const payload = { transition: "go", argumentsHash: "a".repeat(64) };
  return { type, at: Date.now(), workflowId, correlationId: "cor_1", principal: ANONYMOUS, payload };
}

function batchOf(id: string, version: number): Batch {
  return {
    expect: { instance: { id, version, fence: version } },
    instance: instanceOf(id, version + 1),
    operations: [operationOf(id, version)],
    audit: [eventOf("executor.started", id), eventOf("workflow.transitioned", id)],
  };
}

async function start(store: SqliteStore, id: string): Promise<void> {
  await store.apply({
    expect: { absent: id },
    instance: instanceOf(id, 0),
    audit: [eventOf("workflow.started", id)],
  });
}

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

async function measure(store: SqliteStore, writers: number): Promise<Measured> {
  const times: number[] = [];
  const began = performance.now();
  const write = async (): Promise<void> => {
    let id = "";
    for (let count = 0; performance.now() - began < ROUND_MS; count += 1) {
      // An instance has a hundred steps, so that its journal is neither empty nor long.
      if (count % 100 === 0) await start(store, (id = `wf_${randomUUID()}`));
      const sent = performance.now();
      const result = await store.apply(batchOf(id, count % 100));
      if (result.status !== "applied") throw new Error(JSON.stringify(result));
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: (times.length * 1000) / (performance.now() - began), p50: at(0.5), p99: at(0.99) };
}

/** Appends of a commit's size, each flushed. */
function fdatasyncRate(folder: string): number {
  const file = openSync(join(folder, "probe"), "w");
  const bytes = Buffer.alloc(16_384, 1);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < ROUND_MS; count += 1) {
    writeSync(file, bytes);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (count * 1000) / (performance.now() - began);
}

function runChild(path: string): Promise<Measured> {
  const arguments_ = [
    "--conditions=@mcp-flowgate/source",
    import.meta.filename,
    ms,
    parent,
    "0",
    "child",
    path,
  ];
  const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(text) as Measured) : reject(new Error(`ended with ${code}`)),
    );
  });
}

function show(what: string, rate: number, { perSecond, p50, p99 }: Measured): void {
  const perSync = (perSecond / rate).toFixed(2);
  const rest = `${perSync} per fdatasync   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`;
  console.log(`${what.padEnd(28)} ${perSecond.toFixed(0).padStart(6)} batches/s   ${rest}`);
}

if (role === "child") {
  const store = await createSqliteStore({ path: shared ?? "", ...parts });
  console.log(JSON.stringify(await measure(store, 4)));
  await store.close();
} else {
  const folder = mkdtempSync(join(parent, "store-sqlite-bench-"));
  try {
    const path = join(folder, "flowgate.db");
    const store = await createSqliteStore({ path, ...parts });
    for (let done = 0; done < Number(before); done += 1000) {
      await Promise.all(Array.from({ length: 1000 }, () => start(store, `wf_${randomUUID()}`)));
    }
    for (const writers of WRITERS) {
      const rate = fdatasyncRate(folder);
      console.log(`fdatasync                    ${rate.toFixed(0).padStart(6)} /s`);
      show(`${writers} writers`, rate, await measure(store, writers));
    }
    const tick: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const began = performance.now();
      await store.due(100);
      tick.push(performance.now() - began);
    }
    console.log(
      `due() with nothing due       ${(tick.sort((left, right) => left - right)[100] ?? 0).toFixed(3)} ms`,
    );
    await store.close();
    const rate = fdatasyncRate(folder);
    const all = await Promise.all(Array.from({ length: PROCESSES }, () => runChild(path)));
    const sum = all.reduce((total, { perSecond }) => total + perSecond, 0);
    const worst = {
      perSecond: sum,
      p50: Math.max(...all.map(({ p50 }) => p50)),
      p99: Math.max(...all.map(({ p99 }) => p99)),
    };
    show(`${PROCESSES} processes of 4 writers`, rate, worst);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
