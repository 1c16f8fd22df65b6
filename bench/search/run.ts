/**
 * Ranks every labelled request with the index, with plain BM25F and with SQLite's FTS5, times the index on catalogues of
 * 5,000 and 50,000 tools, prints the tables and writes them to `results.md` beside this file.
 *
 *   node --expose-gc --conditions=@mcp-flowgate/source bench/search/run.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { evalFolder, loadSet, SET_NAMES, type EvalSet, type LabelledQuery } from "./eval-sets.ts";
import { replayLearning } from "./learning.ts";
import { mean, ndcgAt5, pairedBootstrap, recallAt5 } from "./metrics.ts";
import { flowgateRanker, fts5Ranker, plainBm25fRanker, type Ranker } from "./rankers.ts";
import { measureSpeed } from "./speed.ts";

const folder = evalFolder();
const sets = SET_NAMES.map((name) => loadSet(folder, name));
const tables = [qualityTable(sets), learningTable(sets), speedTable(sets)].join("\n\n");
console.log(tables);
writeFileSync(join(import.meta.dirname, "results.md"), `# Search: measured\n\n${tables}\n`);

function qualityTable(sets: readonly EvalSet[]): string {
  const rows = sets.flatMap((set) => {
    const rankers = [flowgateRanker(set.entries), plainBm25fRanker(set.entries), fts5Ranker(set.entries)];
    return sourcesOf(set).map(([source, queries]) => qualityRow(`${set.name} ${source}`, queries, rankers));
  });
  return [
    "nDCG@5 and recall@5 in points; differences with the 95 % interval of a paired bootstrap (2,000 resamples).",
    "",
    "| set, source | requests | nDCG@5 | plain BM25F | difference | FTS5 | difference | recall@5 | BM25F | FTS5 |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function learningTable(sets: readonly EvalSet[]): string {
  const rows = sets.map((set) => {
    const replay = replayLearning(set);
    const cells = [set.name, replay.with.length, points(mean(replay.without)), points(mean(replay.with))];
    return `| ${[...cells, difference(replay.with, replay.without)].join(" | ")} |`;
  });
  return [
    "What `discovery.learn` brings to requests that it has not seen, having seen the other half (nDCG@5):",
    "",
    "| set | requests | without | with | difference |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** The requests by source; sets whose sources are only origins are one row. */
function sourcesOf(set: EvalSet): [string, LabelledQuery[]][] {
  if (set.name === "mcpproxy" || set.name === "stabletoolbench") return [["all", [...set.queries]]];
  const bySource = new Map<string, LabelledQuery[]>();
  for (const query of set.queries) bySource.set(query.source, [...(bySource.get(query.source) ?? []), query]);
  return [...bySource];
}

function qualityRow(title: string, queries: readonly LabelledQuery[], rankers: readonly Ranker[]): string {
  const answers = rankers.map((rank) => queries.map((query) => rank(query.query)));
  const scored = (metric: typeof ndcgAt5): number[][] =>
    answers.map((ids) => queries.map((query, at) => metric(query, ids[at] ?? [])));
  const [ours = [], plain = [], fts = []] = scored(ndcgAt5);
  const recalls = scored(recallAt5).map((values) => points(mean(values)));
  const cells = [title, queries.length, points(mean(ours)), points(mean(plain)), difference(ours, plain)];
  return `| ${[...cells, points(mean(fts)), difference(ours, fts), ...recalls].join(" | ")} |`;
}

function difference(ours: readonly number[], theirs: readonly number[]): string {
  const { low, high } = pairedBootstrap(ours, theirs);
  return `${signed(mean(ours) - mean(theirs))} [${signed(low)}, ${signed(high)}]`;
}

function points(value: number): string {
  return (100 * value).toFixed(1);
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${points(value)}`;
}

function speedTable(sets: readonly EvalSet[]): string {
  const seed = sets.filter(({ name }) => name !== "livemcp").flatMap(({ entries }) => entries);
  const queries = sets
    .filter(({ name }) => name !== "livemcp-xl")
    .flatMap((set) => set.queries.map(({ query }) => query));
  const rows = [5_000, 50_000].map((count) => {
    const speed = measureSpeed(seed, queries, count);
    const cells = [
      speed.buildMs.toFixed(0),
      speed.buildCpuMs.toFixed(0),
      speed.p50Ms.toFixed(2),
      speed.p99Ms.toFixed(2),
      speed.addMs.toFixed(3),
    ];
    return `| ${[speed.tools, ...cells, speed.megabytes.toFixed(0)].join(" | ")} |`;
  });
  return [
    "| tools | build ms | build CPU ms | p50 ms | p99 ms | add one ms | memory MB |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
