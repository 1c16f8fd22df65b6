/**
 * What the audit trail costs: events a second with the file sink and fsync beside no sink at all, at several numbers of
 * concurrent callers, and how fast `verify` reads; all beside the machine's own fsync rate, without which they say nothing.
 *
 *     node --conditions=@mcp-flowgate/source bench/audit/run.ts [milliseconds per measurement] [folder]
 *
 * Rounds alternate between the sinks and the machine's syncs, and the best round of each counts.
 */
import { hash, randomUUID } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditSink, queryTrail, verifyTrail } from "@mcp-flowgate/audit";
import type { AuditTrail } from "@mcp-flowgate/audit";
import type { AuditDraft, AuditIr } from "@mcp-flowgate/core";

const ROUND_MS = Number(process.argv[2] ?? 1500);
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), "audit-bench-"));
const ROUNDS = 3;
const CALLERS = [1, 8, 64];

const quiet = (): void => undefined;
const deps = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs: number, run: () => void): () => void {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  ids: { next: (prefix: string) => `${prefix}_${randomUUID()}`, random: () => Math.random() },
  digest: { sha256: (text: string) => hash("sha256", text) },
  secrets: ["correct horse battery staple", "hunter2hunter2", "tr0ub4dor&3"],
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

function ir(sinks: AuditIr["sinks"]): AuditIr {
  return {
    sinks,
    onFailure: "fail_closed",
    rotate: { maxBytes: 0, maxAgeMs: 0, keep: 30 },
    payloads: "full",
    redact: [],
  };
}

/** An event as the engine writes it before an effect. */
function event(index: number): AuditDraft {
  return {
    type: "executor.started",
    at: Date.now(),
    workflowId: `wf_${index % 10_000}`,
    definitionId: "deploy_prod",
    definitionHash: hash("sha256", "deploy_prod"),
    operationId: `op_${index}`,
    correlationId: `cor_${index}`,
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    principal: { subject: "agent-1", tenant: "default", kind: "agent", via: "apiKey:ci" },
    payload: {
      transition: "deploy",
      slot: "submit",
      state: "approved",
      version: 2,
      attempt: 1,
      argumentsHash: hash("sha256", "arguments"),
      call: {
        kind: "http",
        method: "POST",
        path: "/deployments",
        body: { service: "web", replicas: index % 7 },
      },
    },
  };
}

async function eventsPerSecond(trail: AuditTrail, callers: number): Promise<number> {
  let count = 0;
  const began = performance.now();
  const until = began + ROUND_MS;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        await trail.append([event((count += 1))]);
        // A sink that never waits would otherwise never let the loop turn.
        if (count % 256 === 0) await new Promise((resolve) => void setImmediate(resolve));
      }
    }),
  );
  return (count * 1000) / (performance.now() - began);
}

function fsyncsPerSecond(): number {
  const file = join(folder, "fsync");
  const descriptor = openSync(file, "a");
  const line = `${"x".repeat(899)}\n`;
  let count = 0;
  const began = performance.now();
  while (performance.now() - began < ROUND_MS) {
    writeSync(descriptor, line);
    fdatasyncSync(descriptor);
    count += 1;
  }
  closeSync(descriptor);
  unlinkSync(file);
  return (count * 1000) / (performance.now() - began);
}

async function measureSinks(): Promise<void> {
  const path = join(folder, "audit.jsonl");
  const sinks: readonly (readonly [name: string, ir: AuditIr])[] = [
    ["none", ir([])],
    ["memory", ir([{ kind: "memory", events: [], options: {} }])],
    [
      "file, no fsync",
      ir([{ kind: "file", path: `${path}.loose`, events: [], options: { fsync: "never" } }]),
    ],
    ["file, fsync", ir([{ kind: "file", path, events: [], options: {} }])],
  ];
  for (const callers of CALLERS) {
    const best = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const machine = "one write + fdatasync of 900 bytes after another";
      best.set(machine, Math.max(fsyncsPerSecond(), best.get(machine) ?? 0));
      for (const [name, configuration] of sinks) {
        const trail = await createAuditSink(configuration, deps);
        const rate = await eventsPerSecond(trail, callers);
        await trail.close();
        best.set(name, Math.max(rate, best.get(name) ?? 0));
      }
    }
    for (const [name, rate] of best) print(`${callers} callers: ${name}`, `${round(rate)} /s`);
  }
  rmSync(`${path}.loose`, { force: true });
}

async function measureReading(): Promise<void> {
  const path = join(folder, "long.jsonl");
  const sink = { kind: "file", path, events: [], options: { fsync: "never" } } as const;
  const trail = await createAuditSink(ir([sink]), deps);
  for (let index = 0; index < 300_000; index += 1000) {
    await trail.append(Array.from({ length: 1000 }, (_, offset) => event(index + offset)));
  }
  await trail.close();
  const megabytes = statSync(path).size / 1e6;
  for (const threads of new Set([1, availableParallelism()])) {
    let best = 0;
    let perSecondOfCpu = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = process.cpuUsage();
      const began = performance.now();
      const verdict = await verifyTrail({ path, threads });
      if (!verdict.ok) throw new Error(verdict.problem?.message);
      best = Math.max(best, (megabytes * 1000) / (performance.now() - began));
      const { user, system } = process.cpuUsage(before);
      perSecondOfCpu = Math.max(perSecondOfCpu, (megabytes * 1e6) / (user + system));
    }
    const name = `verify, ${round(megabytes)} MB, ${threads} ${threads === 1 ? "thread" : "threads"}`;
    print(name, `${round(best)} MB/s, ${round(perSecondOfCpu)} MB a second of processor time`);
  }
  const block = Buffer.alloc(1 << 20, 120);
  const began = performance.now();
  for (let count = 0; count < 256; count += 1) hash("sha256", block);
  print(
    "SHA-256 alone, 1 MiB blocks",
    `${round((256 * 1.048_576 * 1000) / (performance.now() - began))} MB/s`,
  );
  const asked = performance.now();
  const page = await queryTrail({ path, workflowId: "wf_77", limit: 100 });
  print(`query by instance, ${page.items.length} of 300,000`, `${round(performance.now() - asked)} ms`);
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function print(what: string, value: string): void {
  console.log(`${what.padEnd(62)} ${value}`);
}

try {
  await measureSinks();
  await measureReading();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
