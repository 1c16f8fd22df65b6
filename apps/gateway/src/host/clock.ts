import { performance } from "node:perf_hooks";
import type { Clock } from "@mcp-flowgate/core";

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs: number, run: () => void): () => void {
    // Node fires timers beyond 2^31-1 ms at once; a longer wait is cut and armed again.
    const longest = 2_147_483_647;
    let handle: NodeJS.Timeout;
    let left = Math.max(0, delayMs);
    const arm = (): void => {
      const step = Math.min(left, longest);
      left -= step;
      handle = setTimeout(left > 0 ? arm : run, step);
      handle.unref();
    };
    arm();
    return () => clearTimeout(handle);
  },
});
