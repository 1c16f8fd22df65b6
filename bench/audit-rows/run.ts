/**
 * `pnpm bench:audit-rows [events, 1000000]`: how long a query by instance takes over that many events in SQLite, beside
 * the time for one row by its primary key in the same file.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStoreChain, queryRows } from "@mcp-flowgate/audit";
import type { AuditDraft } from "@mcp-flowgate/core";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import Database from "better-sqlite3";

const events = Number(process.argv[2] ?? 1_000_000);
const PER_INSTANCE = 10;
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const path = join(folder, "audit.sqlite");
const silent = (): void => undefined;
const ids = { next: (prefix: string) => `${prefix}_${randomUUID()}`, random: Math.random };
const digest = { sha256: (text: string) => createHash("sha256").update(text).digest("hex") };
const log = { debug: silent, info: silent, warn: silent, error: silent };
const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  schedule: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
const audit = {
  sinks: [{ kind: "sqlite" as const, events: [], options: {} }],
  onFailure: "fail_closed" as const,
  rotate: { maxBytes: 1, maxAgeMs: 1, keep: 1 },
  payloads: "full" as const,
  redact: [],
};
const store = await createSqliteStore({
  path,
  clock,
  ids,
  digest,
  log,
  auditChain: await createStoreChain(audit, "sqlite", { ids, digest, secrets: [] }),
});
try {
  const instances = Math.ceil(events / PER_INSTANCE);
  for (let from = 0; from < instances; from += 200) {
    const drafts: AuditDraft[] = [];
    for (let at = from; at < Math.min(from + 200, instances); at += 1)
      for (let step = 0; step < PER_INSTANCE; step += 1)
        drafts.push({
          type: "workflow.transitioned",
          at: Date.now(),
          workflowId: `wf_${at}`,
          definitionId: "deploy",
          correlationId: `cor_${at}`,
          principal: { subject: "agent", tenant: "default", kind: "agent", via: "local" },
          payload: { fromState: "a", toState: "b", version: step },
        });
    await store.record(drafts);
  }
  const pick = (): number => Math.floor(Math.random() * instances);
  const byInstance = await time(async () => {
    const { items } = await queryRows(store, { workflowId: `wf_${pick()}`, limit: 50 });
    if (items.length !== PER_INSTANCE) throw new Error(`${items.length} events were found`);
  });
  const newest = await time(async () => void (await queryRows(store, { limit: 50 })));
  const database = new Database(path, { readonly: true });
  const one = database.prepare("select line from audit where n = ?");
  const byKey = await time(async () => void one.get(1 + pick()));
  database.close();
  console.log(`${events} events, ${Math.round(statSync(path).size / 1e6)} MB\n`);
  console.log("| query | p50 ms | p99 ms |\n|---|---|---|");
  for (const [name, times] of [
    ["all of one instance", byInstance],
    ["the newest 50", newest],
    ["one row by its key", byKey],
  ] as const)
    console.log(`| ${name} | ${at(times, 0.5)} | ${at(times, 0.99)} |`);
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

async function time(work: () => Promise<void>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < 300; round += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b);
}

function at(times: readonly number[], share: number): string {
  return (times[Math.floor(times.length * share)] ?? 0).toFixed(3);
}
