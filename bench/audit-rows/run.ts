/**
 * `pnpm bench:audit-rows [events, 1000000] [sqlite|postgres]`: how long a query by instance takes over that many events,
 * beside the time for one row by its primary key from the same table. The rows are copies, made by the
 * database, of those that the store wrote of one instance.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStoreChain, queryRows } from "@mcp-flowgate/audit";
import type { AuditDraft, AuditIr } from "@mcp-flowgate/core";
import { createPostgresStore } from "@mcp-flowgate/store-postgres";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import { connectToDatabase, startPostgres } from "@mcp-flowgate/testkit";
import Database from "better-sqlite3";

const events = Number(process.argv[2] ?? 1_000_000);
const kind = process.argv[3] === "postgres" ? "postgres" : "sqlite";
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
const audit: AuditIr = {
  sinks: [{ kind, events: [], options: {} }],
  onFailure: "fail_closed",
  rotate: { maxBytes: 1, maxAgeMs: 1, keep: 1 },
  payloads: "full",
  redact: [],
};
const parts = {
  clock,
  ids,
  digest,
  log,
  auditChain: await createStoreChain(audit, kind, { ids, digest, secrets: [] }),
};
const instances = Math.ceil(events / PER_INSTANCE);

/** A store with its rows, and the parts of it that this measures beside. */
interface Filled {
  readonly store: Parameters<typeof queryRows>[0];
  readonly one: (position: number) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

const { store, one, end } = kind === "sqlite" ? await fillSqlite() : await fillPostgres();
try {
  const pick = (): number => Math.floor(Math.random() * instances);
  const byInstance = await time(async () => {
    const { items } = await queryRows(store, { workflowId: `wf_${pick()}`, limit: 50 });
    if (items.length !== PER_INSTANCE) throw new Error(`${items.length} events were found`);
  });
  const newest = await time(async () => void (await queryRows(store, { limit: 50 })));
  const byKey = await time(async () => void (await one(1 + pick())));
  console.log(`${events} events in ${kind}\n`);
  console.log("| query | p50 ms | p99 ms |\n|---|---|---|");
  for (const [name, times] of [
    ["all of one instance", byInstance],
    ["the newest 50", newest],
    ["one row by its key", byKey],
  ] as const)
    console.log(`| ${name} | ${at(times, 0.5)} | ${at(times, 0.99)} |`);
} finally {
  await end();
  rmSync(folder, { recursive: true, force: true });
}

function draftsOf(from: number, to: number): readonly AuditDraft[] {
  const drafts: AuditDraft[] = [];
  for (let at = from; at < to; at += 1)
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
  return drafts;
}

async function fillSqlite(): Promise<Filled> {
  const filled = await createSqliteStore({ path, ...parts });
  await filled.record(draftsOf(0, 1));
  const database = new Database(path);
  // These rows need not outlive the machine, and wait for no checkpoint.
  database.pragma("synchronous = OFF");
  database.exec("DROP TRIGGER audit_unsealed");
  const copy =
    database.prepare(`WITH RECURSIVE instance (i) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM instance WHERE i < ?)
    INSERT INTO audit (stream, seq, id, type, at, hash, line)
    SELECT 'wf:wf_' || i, seq, 'evt_' || i || '_' || seq, type, at, hash, replace(line, 'wf_0"', 'wf_' || i || '"')
    FROM instance, (SELECT * FROM audit WHERE stream = 'wf:wf_0') ORDER BY i, seq`);
  for (let from = 1; from < instances; from += 10_000) copy.run(from, Math.min(from + 10_000, instances) - 1);
  const statement = database.prepare("select line from audit where n = ?");
  return {
    store: filled,
    one: async (position) => statement.get(position),
    async end() {
      database.close();
      await filled.close();
    },
  };
}

async function fillPostgres(): Promise<Filled> {
  const server = await startPostgres();
  const filled = await createPostgresStore({ url: server.url(), ...parts });
  await filled.record(draftsOf(0, 1));
  const database = await connectToDatabase(server.url());
  for (let from = 1; from < instances; from += 10_000) {
    const to = Math.min(from + 10_000, instances) - 1;
    await database.ask(`INSERT INTO mcp_flowgate.audit (stream, stream_name, seq, id, type, at, hash, line)
      SELECT 'wf:wf_' || i, 'wf:wf_' || i, seq, 'evt_' || i || '_' || seq, type, at, hash, replace(line, 'wf_0"', 'wf_' || i || '"')
      FROM generate_series(${from}, ${to}) AS i, mcp_flowgate.audit WHERE stream = 'wf:wf_0' ORDER BY i, seq`);
  }
  await database.ask("ANALYZE");
  return {
    store: filled,
    one: (position) => filled.checkpoints.rows(position - 1, 1),
    async end() {
      await database.end();
      await filled.close();
      await server.stop();
    },
  };
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
