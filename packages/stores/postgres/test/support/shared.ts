import type { SharedBench } from "@mcp-flowgate/store-testkit";
import { createBench } from "./open.ts";
import { startChild } from "./processes.ts";

/** The bench of the tests that all stores share. */
export async function createSharedBench(): Promise<SharedBench> {
  const bench = await createBench();
  return {
    open: bench.open,
    start: (role, ...given) => startChild(bench.url, role, ...given),
    async keepTime(clock) {
      // The first store makes the tables, and with them the clock that is replaced.
      await (await bench.open()).close();
      await bench.useClock(clock);
      return async (ms) => {
        clock.skew(ms);
        await bench.useClock(clock);
      };
    },
  };
}
