import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps the memory of the process near what it holds. Whoever sets V8's own flags for a part of it, on the command line or
 * in `NODE_OPTIONS`, is left alone there.
 */
export function boundHeap(): void {
  const given = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (!/--(min|max)[-_]semi[-_]space/.test(given)) boundYoungGeneration(MAX_YOUNG_BYTES);
  if (!/--heap[-_]growing/.test(given)) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  if (!/maglev|invocation[-_]count/.test(given)) for (const flag of COMPILERS) setFlagsFromString(flag);
}

/**
 * Both halves together. Left to itself the young generation grows to 128 MB on a machine with much memory and stays there,
 * which is more than all else that a gateway holds. In six runs of `pnpm bench:http` calls were no faster with twice this.
 */
const MAX_YOUNG_BYTES = 8 * 1024 * 1024;

/**
 * How much the old generation grows over what was alive in it before it is collected again. V8 lets it grow up to
 * fourfold while collecting is quick, and most of it is then what calls have left behind. In three runs of
 * `pnpm bench:http` calls were no faster where it doubled, and 10 MB more were held.
 */
const GROWTH_PERCENT = 30;

/**
 * Maglev, V8's compiler in the middle, takes some 20 MB for its work and keeps them. Without it, and with what is hot handed to
 * the last compiler sooner (V8 waits for 3000 calls), a call took 0.50 ms of the processor in eight rows of four runs of
 * `pnpm bench:http` at 64 connections, where it took 0.57; at one connection as much.
 */
const COMPILERS = ["--no-maglev", "--invocation-count-for-turbofan=1000"];

/**
 * The flag that bounds the young generation is read once, before any JavaScript runs. The factor by which it grows is
 * read at each growth: 2 doubles it, 1 leaves it as it is. So it is looked at after each collection, and let grow as
 * far as the bound.
 */
function boundYoungGeneration(maxBytes: number): void {
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
