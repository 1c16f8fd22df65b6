import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Log } from "@mcp-flowgate/core";
import { createCountingIds, nodeDigest } from "@mcp-flowgate/testkit";
import { afterEach } from "vitest";
import { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../../src/index.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

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
  const ids = createCountingIds();
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    path,
    async open(more = {}) {
      const options = { path, clock: systemClock, ids, digest: nodeDigest, log: silentLog, ...more };
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
