import type { WorkflowInstance, WorkflowStore } from "@mcp-flowgate/core";
import { connectToDatabase } from "@mcp-flowgate/testkit";
import Database from "better-sqlite3";
import { definition, principal } from "../engine/engine.ts";
import { openStore, type StoreKind } from "../engine/open-store.ts";

/** Rows of one statement. */
const TOGETHER = 250_000;
const PATTERN = "wf_pattern";

/**
 * Puts `rows` ended instances of 1,000 owners into a new store, as years of use would leave them: one is written by the
 * store itself, and its row multiplied by the database.
 */
export async function fillStore(kind: StoreKind, place: string, rows: number): Promise<void> {
  const store = await openStore(kind, place);
  await putPattern(store);
  await store.close();
  if (rows === 0) return;
  if (kind === "sqlite") fillSqlite(place, rows);
  else await fillPostgres(place, rows);
}

async function putPattern(store: WorkflowStore): Promise<void> {
  const now = store.now();
  const instance: WorkflowInstance = {
    id: PATTERN,
    tenant: principal.tenant,
    owner: principal.subject,
    definitionId: definition.ir.id,
    definitionVersion: definition.ir.version,
    definitionHash: definition.hash,
    state: "open",
    stateEnteredAt: now,
    version: 3,
    status: "terminal",
    outcome: "success",
    context: { service: "web" },
    input: {},
    output: null,
    startedBy: principal,
    fence: 5,
    chainDepth: 0,
    createdAt: now,
    updatedAt: now,
    terminalAt: now,
  };
  await store.apply({ expect: { absent: PATTERN }, definition, instance, audit: [] });
}

/** What each row has of its own; `i` counts from 1. Its id sorts before those of new instances, as an older one's does. */
const id = "'wf_0' || (10000000000 + i)";
const OWN: Readonly<Record<string, (i: string) => string>> = {
  id: () => id,
  owner: (i) => `'owner-' || (${i} % 1000)`,
  created_at: (i) => `pattern.created_at - 100000000 + ${i}`,
  purge_at: (i) => `pattern.purge_at + ${i}`,
  body: () => `replace(pattern.body, '${PATTERN}', ${id})`,
};

function insertSelect(table: string, columns: readonly string[], numbers: string): string {
  const own = columns.map((column) => OWN[column]?.("i") ?? `pattern.${column}`).join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${own} FROM ${numbers}, ${table} AS pattern WHERE pattern.id = '${PATTERN}'`;
}

const COLUMNS =
  "id tenant owner definition_id definition_hash state status version fence claimant operation_id created_at purge_at context input body".split(
    " ",
  );

function fillSqlite(path: string, rows: number): void {
  const sqlite = new Database(path);
  try {
    // Nothing of this has to outlive the machine.
    for (const pragma of ["synchronous = OFF", "cache_size = -1000000", "wal_autocheckpoint = 100000"])
      sqlite.pragma(pragma);
    const numbers = `(WITH RECURSIVE numbers(i) AS (VALUES (@first) UNION ALL SELECT i + 1 FROM numbers WHERE i < @last) SELECT i FROM numbers)`;
    const insert = sqlite.prepare(insertSelect("wf", [...COLUMNS, "changed", "changed_by"], numbers));
    for (let done = 0; done < rows; done += TOGETHER)
      insert.run({ first: done + 1, last: Math.min(rows, done + TOGETHER) });
    sqlite.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    sqlite.close();
  }
}

async function fillPostgres(url: string, rows: number): Promise<void> {
  const connection = await connectToDatabase(url);
  try {
    for (let done = 0; done < rows; done += TOGETHER) {
      const last = Math.min(rows, done + TOGETHER);
      await connection.ask(
        insertSelect(
          "mcp_flowgate.wf",
          [...COLUMNS, "audit_seq", "audit_hash"],
          `generate_series(${done + 1}, ${last}) AS numbers(i)`,
        ),
      );
    }
    await connection.ask("VACUUM ANALYZE mcp_flowgate.wf");
    await connection.ask("CHECKPOINT");
  } finally {
    await connection.end();
  }
}
