import type { SharedBench } from "@mcp-flowgate/store-testkit";
import { createBench } from "./open.ts";
import { startChild } from "./processes.ts";

/** The bench of the tests that all stores share. */
export async function createSharedBench(): Promise<SharedBench> {
  const bench = createBench();
  return {
    open: bench.open,
    start: (role, ...given) => startChild(bench.path, role, ...given),
    keepTime: async (clock) => async (ms) => clock.skew(ms),
  };
}
