import { buildIndex, search, type CatalogueEntry } from "@mcp-flowgate/discovery-index";

export interface Speed {
  readonly tools: number;
  readonly buildMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly addMs: number;
  readonly megabytes: number;
}

/** Times building, searching with every query, and adding single entries to, an index of `count` entries. */
export function measureSpeed(
  seed: readonly CatalogueEntry[],
  queries: readonly string[],
  count: number,
): Speed {
  const entries = Array.from({ length: count }, (_, at) => variant(seed, at));
  collectGarbage();
  const before = usedBytes();
  const buildStart = performance.now();
  const index = buildIndex(entries);
  const buildMs = performance.now() - buildStart;
  collectGarbage();
  const megabytes = (usedBytes() - before) / 1e6;
  for (const query of queries.slice(0, 200)) search(index, { query, limit: 5 });
  const times = queries
    .map((query) => {
      const start = performance.now();
      search(index, { query, limit: 5 });
      return performance.now() - start;
    })
    .sort((left, right) => left - right);
  const addStart = performance.now();
  for (let at = 0; at < 100; at++) index.add({ ...variant(seed, at), id: `added ${at}` });
  const addMs = (performance.now() - addStart) / 100;
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { tools: count, buildMs, p50Ms: at(0.5), p99Ms: at(0.99), addMs, megabytes };
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
