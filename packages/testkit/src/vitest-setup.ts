import { serveTestDatabases } from "./test-databases.ts";

/** What vitest calls before a run; what it returns is called after. */
export function setup(): Promise<() => Promise<void>> {
  return serveTestDatabases();
}
