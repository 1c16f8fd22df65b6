import { buildIndex, search, type CatalogueEntry } from "@mcp-flowgate/discovery-index";

export interface Speed {
  readonly tools: number;
  readonly buildMs: number;
  /** Processor time of the build, all threads: what is left of it on a machine that others use. */
  readonly buildCpuMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly addMs: number;
  readonly megabytes: number;
}

const BUILDS = 3;
const ROUNDS = 3;

/**
 * Times building, searching with every query, and adding single entries to, an index of `count` entries. The best of
 * three builds counts, and of each query the best of three rounds: other work on the machine only ever slows down.
 */
export function measureSpeed(
  seed: readonly CatalogueEntry[],
  queries: readonly string[],
  count: number,
): Speed {
  const entries = Array.from({ length: count }, (_, at) => variant(seed, at));
  let buildMs = Infinity;
  let buildCpuMs = Infinity;
  for (let round = 0; round < BUILDS; round++) {
    const used = process.cpuUsage();
    buildMs = Math.min(
      buildMs,
      timed(() => buildIndex(entries)),
    );
    const { user, system } = process.cpuUsage(used);
    buildCpuMs = Math.min(buildCpuMs, (user + system) / 1_000);
  }
  collectGarbage();
  const before = usedBytes();
  const index = buildIndex(entries);
  collectGarbage();
  const megabytes = (usedBytes() - before) / 1e6;
  const times = queries.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, query] of queries.entries()) {
      times[at] = Math.min(
        times[at] ?? Infinity,
        timed(() => search(index, { query, limit: 5 })),
      );
    }
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
  const adding = timed(() => {
    for (let added = 0; added < 100; added++) index.add({ ...variant(seed, added), id: `added ${added}` });
  });
  return {
    tools: count,
    buildMs,
    buildCpuMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    addMs: adding / 100,
    megabytes,
  };
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Real entries first, then copies with a server, a name and words of their own. */
function variant(seed: readonly CatalogueEntry[], at: number): CatalogueEntry {
  const entry = seed[at % seed.length];
  if (entry === undefined) throw new Error("No entries to build from.");
  const copy = Math.floor(at / seed.length);
  if (copy === 0) return entry;
  return {
    ...entry,
    id: `${entry.id}#${copy}`,
    name: `${entry.name ?? entry.id}_v${copy}`,
    server: `${entry.server ?? ""}${copy}`,
    description: `${entry.description ?? ""} Variant ${copy} of catalogue item${at}.`,
  };
}

function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
