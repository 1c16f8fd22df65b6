import { isJsonObject, tryParseJson, type Json, type JsonObject } from "@mcp-flowgate/core";

/** How often a thing was started after a word: by tenant, by word, by id. */
export type UsageCounts = Map<string, Map<string, Map<string, number>>>;

/** One count. */
export interface UsagePair {
  readonly tenant: string;
  readonly term: string;
  readonly id: string;
  readonly starts: number;
}

const FORMAT = "flowgate-usage/1";
const MOST_TENANTS = 64;
const MOST_PAIRS = 5_000;
const MOST_STARTS = 1_000;

export function createCounts(): UsageCounts {
  return new Map();
}

/**
 * Adds to a count. A tenant that has too many pairs then loses half of every count, and so what was counted once; a
 * tenant beyond the most that are counted for is passed over.
 */
export function addPair(counts: UsageCounts, { tenant, term, id, starts }: UsagePair): void {
  let terms = counts.get(tenant);
  if (terms === undefined) {
    if (counts.size >= MOST_TENANTS) return;
    terms = new Map();
    counts.set(tenant, terms);
  }
  let ids = terms.get(term);
  if (ids === undefined) {
    ids = new Map();
    terms.set(term, ids);
  }
  const isNew = !ids.has(id);
  ids.set(id, Math.min(MOST_STARTS, (ids.get(id) ?? 0) + starts));
  if (isNew && pairsIn(terms) > MOST_PAIRS) halve(terms);
}

export function mergeCounts(counts: UsageCounts, more: UsageCounts): void {
  for (const pair of pairsOf(more)) addPair(counts, pair);
}

/** Sorted, so that equal counts are equal files. */
export function toUsageJson(counts: UsageCounts): JsonObject {
  const items = [...pairsOf(counts)].sort((left, right) =>
    compareTexts([left.tenant, left.term, left.id], [right.tenant, right.term, right.id]),
  );
  return { format: FORMAT, items: items.map((pair) => ({ ...pair })) };
}

/** Undefined for a text that is no file of counts; an empty one is an empty file. */
export function fromUsageJson(text: string): UsageCounts | undefined {
  if (text === "") return createCounts();
  const body = tryParseJson(text);
  if (!isJsonObject(body) || body["format"] !== FORMAT || !Array.isArray(body["items"])) return undefined;
  const counts = createCounts();
  for (const item of body["items"] as readonly Json[]) {
    if (!isJsonObject(item)) return undefined;
    const { tenant, term, id, starts } = item;
    if (typeof tenant !== "string" || typeof term !== "string" || typeof id !== "string") return undefined;
    if (typeof starts !== "number" || !Number.isSafeInteger(starts) || starts < 1) return undefined;
    addPair(counts, { tenant, term, id, starts });
  }
  return counts;
}

function* pairsOf(counts: UsageCounts): Generator<UsagePair> {
  for (const [tenant, terms] of counts)
    for (const [term, ids] of terms) for (const [id, starts] of ids) yield { tenant, term, id, starts };
}

function pairsIn(terms: ReadonlyMap<string, ReadonlyMap<string, number>>): number {
  let pairs = 0;
  for (const ids of terms.values()) pairs += ids.size;
  return pairs;
}

function halve(terms: Map<string, Map<string, number>>): void {
  for (const [term, ids] of terms) {
    for (const [id, starts] of ids) {
      if (starts > 1) ids.set(id, starts >> 1);
      else ids.delete(id);
    }
    if (ids.size === 0) terms.delete(term);
  }
}

function compareTexts(left: readonly string[], right: readonly string[]): number {
  for (const [at, text] of left.entries()) {
    const other = right[at] ?? "";
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
