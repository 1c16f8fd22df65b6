import { FlowgateError } from "@mcp-flowgate/core";
import type { Migrated } from "@mcp-flowgate/store-sql";
import type { Database, Session } from "./database.ts";
import { MIGRATIONS } from "./migrations/all.ts";
import { sqlState } from "./store-error.ts";

/** Of the advisory lock under which one process migrates: "mcp-flow" in ASCII. */
const MIGRATION_LOCK = "7882815026573274999";

/**
 * Brings the schema up to date. Of several processes that start at once, one migrates and the others find it done.
 * @throws FlowgateError `STORE_UNAVAILABLE` where the schema is newer than this version can work with, or may not be made.
 */
export async function migrate(database: Database): Promise<Migrated> {
  const { shown } = database.address;
  const before = await readSchema((text) => database.read({ name: "", text }), shown);
  if (before === MIGRATIONS.length) return { from: before, to: before };
  return await database
    .session(async (session) => {
      // Waiting for who migrates now may take as long as its migration, and a migration as long as the tables are large.
      await session.query("BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0");
      try {
        await session.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
        const from = await readSchema(async (text) => (await session.query<SchemaRow>(text)).rows, shown);
        if (from < MIGRATIONS.length) await apply(session, from);
        await session.query("COMMIT");
        return { from, to: Math.max(from, MIGRATIONS.length) };
      } catch (thrown) {
        await session.query("ROLLBACK").catch(() => undefined);
        throw thrown;
      }
    })
    .catch((thrown: unknown) => {
      if (sqlState(thrown) !== "42501") throw thrown;
      const message = `the store's user may not create the schema mcp_flowgate in ${shown}; run CREATE SCHEMA mcp_flowgate AUTHORIZATION <user> as its owner`;
      throw new FlowgateError("STORE_UNAVAILABLE", message, { cause: thrown });
    });
}

interface SchemaRow {
  readonly version: number;
  readonly oldest: number;
}

async function apply(session: Session, from: number): Promise<void> {
  if (from === 0) await session.query(CREATE);
  for (const { sql } of MIGRATIONS.slice(from)) await session.query(sql);
  const oldest = MIGRATIONS.at(-1)?.oldest ?? 0;
  await session.query(`UPDATE mcp_flowgate.schema SET version = ${MIGRATIONS.length}, oldest = ${oldest}`);
}

const CREATE = `
DO $$ BEGIN
  IF to_regnamespace('mcp_flowgate') IS NULL THEN CREATE SCHEMA mcp_flowgate; END IF;
END $$;
CREATE TABLE mcp_flowgate.schema (version int NOT NULL, oldest int NOT NULL);
INSERT INTO mcp_flowgate.schema VALUES (0, 0);`;

/**
 * The number of the schema, 0 where there is none.
 * @throws FlowgateError `STORE_UNAVAILABLE` for one that this version cannot work with.
 */
export async function readSchema(
  query: (text: string) => Promise<SchemaRow[]>,
  shown: string,
): Promise<number> {
  const there = (await query(
    "SELECT 0 AS version, 0 AS oldest FROM pg_catalog.pg_tables WHERE schemaname = 'mcp_flowgate' AND tablename = 'schema'",
  )) as readonly SchemaRow[];
  if (there.length === 0) return 0;
  const [row] = await query("SELECT version, oldest FROM mcp_flowgate.schema");
  const { version = 0, oldest = 0 } = row ?? {};
  if (oldest > MIGRATIONS.length) {
    const message = `the schema mcp_flowgate of ${shown} is of a newer version (${version}; it needs ${oldest} or later, and this one knows ${MIGRATIONS.length}); run that version, or name another database`;
    throw new FlowgateError("STORE_UNAVAILABLE", message);
  }
  // A later one that this version can work beside is as good as its own.
  return Math.min(version, MIGRATIONS.length);
}
