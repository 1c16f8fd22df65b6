import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps the young generation of the heap small. Left to itself it grows to 128 MB on a machine with much memory and stays
 * there, which is more than all else that a gateway holds, and calls do not get faster by it.
 *
 * The flag that bounds it is read once, before any JavaScript runs. The factor by which it grows is read at each growth:
 * 2 doubles it, 1 leaves it as it is. So it is looked at after each collection, and let grow as far as the bound.
 * Whoever sets one of V8's own flags for it (`--max-semi-space-size`, on the command line or in `NODE_OPTIONS`) is
 * left alone.
 *
 * @param maxBytes both halves together
 */
export function boundYoungGeneration(maxBytes: number = MAX_BYTES): void {
  const given = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (/--(min|max)[-_]semi[-_]space/.test(given)) return;
  let factor = 0;
  const look = (): void => {
    const size =
      getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
    const wanted = size * 2 <= maxBytes ? 2 : 1;
    if (wanted === factor) return;
    factor = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  };
  look();
  new PerformanceObserver(look).observe({ entryTypes: ["gc"] });
}

const MAX_BYTES = 16 * 1024 * 1024;
