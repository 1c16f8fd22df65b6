import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CatalogueEntry } from "@mcp-flowgate/discovery-index";

/** One labelled request; any member of a group satisfies it, and without groups every relevant id is one. */
export interface LabelledQuery {
  readonly query: string;
  readonly relevant: readonly string[];
  readonly groups?: readonly (readonly string[])[];
  readonly source: string;
}

/** Where the labelled sets are, or undefined when they are not there. */
export function evalFolder(): string | undefined {
  const folder = process.env["FLOWGATE_EVAL_DIR"] ?? resolve(import.meta.dirname, "../../../../shared/eval");
  return existsSync(join(folder, "livemcp", "tools.jsonl")) ? folder : undefined;
}

export function loadEntries(folder: string, set: string): CatalogueEntry[] {
  return readLines<Omit<CatalogueEntry, "kind">>(join(folder, set, "tools.jsonl")).map((tool) => ({
    id: tool.id,
    kind: "capability",
    name: tool.name,
    server: tool.server,
    serverTitle: tool.serverTitle,
    description: tool.description ?? undefined,
    inputSchema: tool.inputSchema,
  }));
}

export function loadQueries(folder: string, set: string): LabelledQuery[] {
  return readLines<LabelledQuery>(join(folder, set, "queries.dev.jsonl"));
}

/** nDCG@5 in points: a group is worth 1 to its first member in the answer; the ideal has a group at each place. */
export function ndcgAt5(query: LabelledQuery, ids: readonly string[]): number {
  const groups = groupsOf(query);
  const open = new Set(groups);
  const gains = ids.slice(0, 5).map((id) => {
    const satisfied = [...open].find((group) => group.includes(id));
    return satisfied !== undefined && open.delete(satisfied) ? 1 : 0;
  });
  return (100 * discounted(gains)) / discounted(groups.slice(0, 5).map(() => 1));
}

/** The share, in points, of the groups that one of the first five ids satisfies. */
export function recallAt5(query: LabelledQuery, ids: readonly string[]): number {
  const groups = groupsOf(query);
  const satisfied = groups.filter((group) => group.some((id) => ids.slice(0, 5).includes(id)));
  return (100 * satisfied.length) / groups.length;
}

function groupsOf(query: LabelledQuery): readonly (readonly string[])[] {
  return query.groups ?? query.relevant.map((id) => [id]);
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}

function readLines<T>(file: string): T[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}
