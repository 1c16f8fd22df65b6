import type { ManualClock } from "@mcp-flowgate/testkit";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { Client } from "pg";
import { afterEach } from "vitest";
import { createPostgresStore, type PostgresStore, type PostgresStoreOptions } from "../../src/index.ts";
import { digest, randomIds, silentLog, systemClock } from "@mcp-flowgate/store-testkit";

/** An empty database and stores on it, all gone after the test. */
export interface Bench {
  readonly url: string;
  open(more?: Partial<PostgresStoreOptions>): Promise<PostgresStore>;
  /** One statement, past the store. */
  ask<Row extends object>(query: string, values?: readonly unknown[]): Promise<Row[]>;
  /** From now on the database's clock is this one, and stands still with it. */
  useClock(clock: ManualClock): Promise<void>;
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let shared: Promise<string> | undefined;

/** To be called inside a test. The tests of a file share a database, which is empty for each. */
export async function createBench(): Promise<Bench> {
  shared ??= createTestDatabase();
  const bench = benchOn(await shared);
  await empty(bench.ask);
  return bench;
}

/** What the first test of a file finds, without making the database anew. */
export async function empty(ask: Bench["ask"]): Promise<void> {
  await ask(`DO $$ BEGIN
    IF to_regclass('mcp_flowgate.wf') IS NOT NULL THEN
      TRUNCATE mcp_flowgate.replica, mcp_flowgate.definition, mcp_flowgate.wf, mcp_flowgate.op, mcp_flowgate.evidence,
        mcp_flowgate.timer, mcp_flowgate.signal, mcp_flowgate.approval, mcp_flowgate.request, mcp_flowgate.rate,
        mcp_flowgate.audit, mcp_flowgate.change, mcp_flowgate.blob, mcp_flowgate.blob_owner, mcp_flowgate.unsealed,
        mcp_flowgate.checkpoint RESTART IDENTITY;
      UPDATE mcp_flowgate.sealer SET epoch = 0;
      CREATE OR REPLACE FUNCTION mcp_flowgate.now_ms() RETURNS bigint LANGUAGE sql STABLE
        AS 'SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint';
    END IF;
  END $$`);
}

/** On a database that the caller made. */
export function benchOn(url: string): Bench {
  const ask: Bench["ask"] = async (query, values = []) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(query, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  return {
    url,
    ask,
    async open(more = {}) {
      const options = { url, clock: systemClock, ids: randomIds, digest, log: silentLog, ...more };
      const store = await createPostgresStore(options);
      cleanups.push(() => store.close());
      return store;
    },
    useClock: (clock) => setDatabaseClock(ask, clock.now()),
  };
}

/**
 * Puts a clock that is told the time in the place of the database's own. A function is replaced, not a table written:
 * what a statement sees is one time, as with the real one.
 */
export async function setDatabaseClock(ask: Bench["ask"], now: number): Promise<void> {
  await ask(
    `CREATE OR REPLACE FUNCTION mcp_flowgate.now_ms() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT ${now}::bigint $$`,
  );
}

/** Runs after the test, last come first served. */
export function onEnd(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}
