import { createTestDatabase } from "@mcp-flowgate/testkit";
import { Client } from "pg";
import { expect, test } from "vitest";
import { MIGRATIONS } from "../src/migrations/all.ts";
import * as direct from "../src/direct-statements.ts";
import * as sealing from "../src/checkpoint-statements.ts";
import * as locking from "../src/lock-statements.ts";
import * as reading from "../src/read-statements.ts";
import * as tidying from "../src/retention-statements.ts";
import { approvals, workflows } from "../src/schema.ts";
import * as writing from "../src/write-statements.ts";
import { benchOn } from "./support/open.ts";

const TABLES = [
  "wf",
  "op",
  "evidence",
  "timer",
  "signal",
  "approval",
  "request",
  "rate",
  "audit",
  "change",
  "unsealed",
  "checkpoint",
];

/** Some rows of each kind, as they are distributed in a store that has run for long: nearly all of them is over. */
const FILL = `
INSERT INTO mcp_flowgate.wf (id, tenant, owner, definition_id, definition_hash, state, status, version, fence, created_at,
    purge_at, audit_seq, audit_hash, context, input, body)
  SELECT 'wf_' || n, 'default', 'owner' || n % 100, 'd', 'h' || n % 50, 's', CASE WHEN n % 200 = 0 THEN 'idle' ELSE 'terminal' END,
    1, 1, n, 1000000 + n, 0, '', '{}', '{}', '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.op (id, wf_id, from_version, status, claimant, deadline_at, next_attempt_at, body)
  SELECT 'op_' || n, 'wf_' || n, 0, CASE n % 200 WHEN 0 THEN 'running' WHEN 1 THEN 'waiting' ELSE 'committed' END, '1:r', n, n, '{}'
  FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.evidence (wf_id, body) SELECT 'wf_' || n, '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.timer (id, wf_id, due_at, body) SELECT 't_' || n, 'wf_' || n, n, '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.signal (id, wf_id, body) SELECT 's_' || n, 'wf_' || n, '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.approval (id, wf_id, tenant, queue, status, revision, requested_at, body)
  SELECT 'a_' || n, 'wf_' || n, 'default', 'q', CASE WHEN n % 200 = 0 THEN 'pending' ELSE 'consumed' END, 1, n, '{}'
  FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.request SELECT 'default', 'p' || n, 'k', n, '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.rate SELECT 'k' || n % 100, n FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.audit (stream, stream_name, seq, id, type, at, hash, line)
  SELECT 'wf:' || n % 500, 'x', n, 'e' || n, 't', n, '', '{}' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.checkpoint SELECT n, '', '', '', '' FROM generate_series(1, 2000) AS n;
INSERT INTO mcp_flowgate.change SELECT n::text::xid8, 1, 'wf_' || n FROM generate_series(1, 2000) AS n;
ANALYZE`;

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly Plan[];
}

function scans(plan: Plan): readonly string[] {
  const own = plan["Node Type"] === "Seq Scan" ? [plan["Relation Name"] ?? ""] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scans)].filter((table) => TABLES.includes(table));
}

test("no statement of every day reads a table of ten million rows from end to end", async () => {
  const url = await createTestDatabase();
  await (await benchOn(url).open()).close();
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(FILL);
    // The planner multiplies the pages that there are with the rows of a page that it remembers.
    await client.query(
      `UPDATE pg_class SET reltuples = 1e7 / (pg_relation_size(oid) / 8192) * relpages
       WHERE relnamespace = 'mcp_flowgate'::regnamespace AND relname = ANY($1) AND relkind = 'r'`,
      [TABLES],
    );
    // As for statements that were run so often that they are no longer planned for each of their values.
    await client.query("SET plan_cache_mode = force_generic_plan");
    const all = { ...direct, ...locking, ...sealing, ...reading, ...writing, ...tidying };
    const statements = Object.entries(all).filter(([, statement]) => typeof statement !== "function");
    const found: Record<string, readonly string[]> = {};
    for (const [name, statement] of statements) {
      const { text } = statement as { text: string };
      const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
      await client.query(`PREPARE one AS ${text}`);
      const values = count === 0 ? "" : `(${Array.from({ length: count }, () => "NULL").join(", ")})`;
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE one${values}`);
      await client.query("DEALLOCATE one");
      const scanned = scans((rows[0] as { "QUERY PLAN": [{ Plan: Plan }] })["QUERY PLAN"][0].Plan);
      if (scanned.length > 0) found[name] = scanned;
    }
    expect(statements.length).toBeGreaterThan(40);
    expect(found).toEqual({});
  } finally {
    await client.end();
  }
});

test("the columns that listings name are those of the tables", async () => {
  const { ask, open } = benchOn(await createTestDatabase());
  await (await open()).close();
  const there = await ask<{ place: string; type: string; nullable: string }>(
    `SELECT table_name || '.' || column_name AS place, data_type AS type, is_nullable AS nullable
     FROM information_schema.columns WHERE table_schema = 'mcp_flowgate'`,
  );
  const types = new Map(there.map(({ place, type, nullable }) => [place, `${type} ${nullable}`]));
  for (const [table, columns] of [
    ["wf", workflows],
    ["approval", approvals],
  ] as const) {
    for (const column of Object.values(columns) as { name?: string; getSQLType?(): string }[]) {
      if (column.getSQLType === undefined) continue;
      expect(types.get(`${table}.${column.name}`), column.name ?? "").toBe(`${column.getSQLType()} NO`);
    }
  }
});

test("a schema that a newer version left is used while that can be, and refused afterwards, as it is", async () => {
  const { ask, open } = benchOn(await createTestDatabase());
  const first = await open();
  expect(first.migrated).toEqual({ from: 0, to: MIGRATIONS.length });
  await first.close();
  const next = MIGRATIONS.length + 1;
  await ask("UPDATE mcp_flowgate.schema SET version = $1", [next]);
  const beside = await open();
  await beside.close();
  await ask("UPDATE mcp_flowgate.schema SET oldest = $1", [next]);
  await expect(open()).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringMatching(
      `^the schema mcp_flowgate of 127.0.0.1:\\d+/\\w+ is of a newer version \\(${next}; it needs ${next} or later, and this one knows ${MIGRATIONS.length}\\); run that version`,
    ),
  });
  expect(await ask("SELECT version, oldest FROM mcp_flowgate.schema")).toEqual([
    { version: next, oldest: next },
  ]);
});

test("a user who may not make the schema is told what to ask for", async () => {
  const url = await createTestDatabase();
  const { ask } = benchOn(url);
  const name = `guest_${process.pid}`;
  await ask(`CREATE ROLE ${name} LOGIN PASSWORD 'p'`);
  try {
    const guest = new URL(url);
    guest.username = name;
    guest.password = "p";
    await expect(benchOn(guest.href).open()).rejects.toMatchObject({
      message: expect.stringContaining("CREATE SCHEMA mcp_flowgate AUTHORIZATION"),
    });
    await ask(`CREATE SCHEMA mcp_flowgate AUTHORIZATION ${name}`);
    const store = await benchOn(guest.href).open();
    expect(await store.nextDueAt()).toBeUndefined();
    await store.close();
  } finally {
    await ask(`DROP SCHEMA IF EXISTS mcp_flowgate CASCADE`);
    await ask(`DROP ROLE ${name}`);
  }
});
