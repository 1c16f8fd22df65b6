import { toSearchable, type DiscoveryIndex, type SearchableIndex } from "./catalogue-index.ts";
import type { EntryKind } from "./catalogue-entry.ts";
import { compareIds } from "./compare-ids.ts";
import { suggest } from "./did-you-mean.ts";
import { foldName } from "./fold-name.ts";
import { parseQuery } from "./query.ts";
import { refineScores, scoreEntries } from "./score.ts";
import { toTopic } from "./topic-counts.ts";

/** What is looked for. */
export interface SearchRequest {
  /** Any text in any language; an empty or blank one lists everything in id order. */
  readonly query: string;
  readonly kind?: EntryKind | undefined;
  /** Only entries that carry all of these tags (compared without case). */
  readonly tags?: readonly string[] | undefined;
  /** How many hits to return, at least 0. */
  readonly limit: number;
  /** How many hits to pass over. */
  readonly offset?: number | undefined;
  /** Entries for which it is false do not exist for this search: not in the hits, the total or the suggestions. */
  readonly visible?: ((id: string) => boolean) | undefined;
}

export interface SearchHit {
  readonly id: string;
  /** Comparable within one answer only; 0 in a listing. */
  readonly score: number;
}

export interface SearchAnswer {
  /** How many entries answer the request, on all pages. */
  readonly total: number;
  readonly hits: readonly SearchHit[];
  /** Titles or tags to try instead; empty unless nothing was found. At most three. */
  readonly didYouMean: readonly string[];
}

/** Answers a request. Never throws on any text, and the same catalogue and request give the same answer. */
export function search(discovery: DiscoveryIndex, request: SearchRequest): SearchAnswer {
  const index = toSearchable(discovery);
  const admits = admission(index, request);
  const offset = Math.max(0, request.offset ?? 0);
  const limit = Math.max(0, request.limit);
  if (request.query.trim() === "") {
    const listed = index.ids().filter((id) => admits(index.ordinal(id) ?? -1));
    return {
      total: listed.length,
      hits: listed.slice(offset, offset + limit).map((id) => ({ id, score: 0 })),
      didYouMean: [],
    };
  }
  const query = parseQuery(index, request.query);
  const scores = scoreEntries(index, query, admits);
  refineScores(index, query, scores);
  const least = query.mass * index.constants.floor;
  const exact = exactMatches(index, request.query);
  for (const ordinal of exact.keys())
    if (scores.values[ordinal] === 0 && admits(ordinal)) scores.touched.push(ordinal);
  const ranked = scores.touched.map((doc) => ({
    doc,
    id: index.document(doc)?.id ?? "",
    score: scores.values[doc] as number,
    tier: exact.get(doc) ?? UNNAMED,
  }));
  ranked.sort(
    (left, right) => left.tier - right.tier || right.score - left.score || compareIds(left.id, right.id),
  );
  const hits = ranked.filter(({ score, tier }) => tier < UNNAMED || score >= least);
  return {
    total: hits.length,
    hits: hits.slice(offset, offset + limit).map(({ id, score }) => ({ id, score })),
    didYouMean:
      hits.length > 0
        ? []
        : suggest(
            index,
            ranked.map(({ doc }) => doc),
            admits,
          ),
  };
}

/** The tier of entries that the query does not name; below it, a smaller tier comes first. */
const UNNAMED = 3;

function admission(index: SearchableIndex, request: SearchRequest): (ordinal: number) => boolean {
  const wanted = (request.tags ?? []).map(toTopic);
  return (ordinal) => {
    const document = index.document(ordinal);
    if (document === undefined) return false;
    const { entry } = document;
    if (request.kind !== undefined && entry.kind !== request.kind) return false;
    if (wanted.length > 0) {
      const tags = new Set((entry.tags ?? []).map(toTopic));
      if (!wanted.every((tag) => tags.has(tag))) return false;
    }
    return request.visible === undefined || request.visible(document.id);
  };
}

/** Entries whose id or name is the query: the id itself first, then the name itself, then either one folded. */
function exactMatches(index: SearchableIndex, query: string): Map<number, number> {
  const asked = query.trim();
  const matches = new Map<number, number>();
  for (const ordinal of index.named(foldName(asked)) ?? []) {
    const document = index.document(ordinal);
    if (document === undefined) continue;
    matches.set(ordinal, document.id === asked ? 0 : document.name === asked ? 1 : 2);
  }
  return matches;
}
