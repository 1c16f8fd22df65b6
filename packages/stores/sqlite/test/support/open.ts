import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../../src/index.ts";
import { digest, randomIds, silentLog, systemClock } from "@mcp-flowgate/store-testkit";

/** A folder and stores in it, all gone after the test. */
export interface Bench {
  readonly folder: string;
  readonly path: string;
  open(more?: Partial<SqliteStoreOptions>): Promise<SqliteStore>;
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** To be called inside a test. */
export function createBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-sqlite-"));
  const path = join(folder, "flowgate.db");
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    path,
    async open(more = {}) {
      const options = { path, clock: systemClock, ids: randomIds, digest, log: silentLog, ...more };
      const store = await createSqliteStore(options);
      cleanups.push(() => store.close());
      return store;
    },
  };
}

/** Runs after the test, last come first served. */
export function onEnd(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}
