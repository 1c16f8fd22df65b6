import type { EntryKind } from "./catalogue-entry.ts";
import { toSearchable, type DiscoveryIndex, type SearchableIndex } from "./catalogue-index.ts";
import { suggest } from "./did-you-mean.ts";
import { foldName } from "./fold-name.ts";
import { scoreFloor } from "./floor.ts";
import { fuse, nearestInMeaning, type Meaning } from "./fuse.ts";
import { parseQuery } from "./query.ts";
import { rankEntries, type Learned, type Ranked } from "./refine.ts";
import { scoreWords } from "./score.ts";
import { toTopic } from "./topic-counts.ts";
import { viewOf, type View } from "./view.ts";

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
  /**
   * Entries for which it is false do not exist for this search: the answer is that of an index that never had them. The
   * same function is asked once for each entry and not again before the index changes: give one for each kind of caller.
   */
  readonly visible?: ((id: string) => boolean) | undefined;
  /** Found and ranked by meaning too, by reciprocal rank fusion; a listing and what the query names stay as they are. */
  readonly meaning?: Meaning | undefined;
  /** Raises what was started before after the same words, a little; finds nothing that the words do not find. */
  readonly learned?: Learned | undefined;
}

/** One found entry. */
export interface SearchHit {
  readonly id: string;
  /** Comparable within one answer only, and not above the hits that the query names; 0 in a listing. */
  readonly score: number;
}

/** What was found. */
export interface SearchAnswer {
  /** How many entries answer the request, on all pages. */
  readonly total: number;
  readonly hits: readonly SearchHit[];
  /** Titles or tags to try instead; empty unless nothing was found. At most three. */
  readonly didYouMean: readonly string[];
}

/**
 * Answers a request. Never throws on any text, and the same catalogue and request give the same answer whatever
 * order the catalogue was built in.
 */
export function search(discovery: DiscoveryIndex, request: SearchRequest): SearchAnswer {
  const index = toSearchable(discovery);
  const view = viewOf(index, request.visible);
  const admits = admission(view, request);
  const offset = Math.max(0, Math.floor(request.offset ?? 0));
  const end = offset + Math.max(0, Math.floor(request.limit));
  if (request.query.trim() === "") {
    const listed = index.ids().filter((id) => admits(index.ordinal(id) ?? -1));
    return {
      total: listed.length,
      hits: listed.slice(offset, end).map((id) => ({ id, score: 0 })),
      didYouMean: [],
    };
  }
  const query = parseQuery(view, request.query);
  const words = scoreWords(view, query);
  const matched: number[] = [];
  for (let ordinal = 0; ordinal < words.values.length; ordinal++) {
    if ((words.values[ordinal] as number) > 0 && admits(ordinal)) matched.push(ordinal);
  }
  const named = namedEntries(index, request.query, admits);
  const least = scoreFloor(view, query, words, matched);
  const served = matched.filter(
    (ordinal) => (words.values[ordinal] as number) >= least && !named.has(ordinal),
  );
  const near = request.meaning === undefined ? [] : nearestInMeaning(index, request.meaning, admits);
  if (near.length > 0) {
    const byWords = rankEntries(view, query, words, [...named.keys(), ...served], Infinity, request.learned);
    const fused = namedFirst(fuse([byWords, near]), named);
    return { total: fused.length, hits: fused.slice(offset, end), didYouMean: [] };
  }
  const total = served.length + named.size;
  if (total === 0)
    return {
      total,
      hits: [],
      didYouMean: suggest(index, rankEntries(view, query, words, matched, 0), admits),
    };
  const ranked = rankEntries(view, query, words, [...named.keys(), ...served], end, request.learned);
  return { total, hits: namedFirst(ranked, named).slice(offset, end), didYouMean: [] };
}

function admission({ index, mask }: View, request: SearchRequest): (ordinal: number) => boolean {
  const wanted = (request.tags ?? []).map(toTopic);
  // Words occur in live entries only, so without filters there is nothing to look up.
  if (wanted.length === 0 && request.kind === undefined && mask === undefined) return () => true;
  return (ordinal) => {
    const document = index.document(ordinal);
    if (document === undefined || (mask !== undefined && mask[ordinal] === 0)) return false;
    if (request.kind !== undefined && document.entry.kind !== request.kind) return false;
    if (wanted.length > 0) {
      const tags = new Set((document.entry.tags ?? []).map(toTopic));
      if (!wanted.every((tag) => tags.has(tag))) return false;
    }
    return true;
  };
}

/** How exactly the query names an entry: 0 its very id, 1 its very name, 2 one of them or its title, folded. */
type Tier = 0 | 1 | 2;

function namedEntries(
  index: SearchableIndex,
  query: string,
  admits: (ordinal: number) => boolean,
): Map<number, Tier> {
  const asked = query.trim();
  const tiers = new Map<number, Tier>();
  for (const ordinal of index.named(foldName(asked))) {
    const document = index.document(ordinal);
    if (document === undefined || !admits(ordinal)) continue;
    tiers.set(ordinal, document.id === asked ? 0 : document.name === asked ? 1 : 2);
  }
  return tiers;
}

function namedFirst(ranked: readonly Ranked[], named: ReadonlyMap<number, Tier>): SearchHit[] {
  const toHit = ({ document, score }: Ranked): SearchHit => ({ id: document.id, score });
  if (named.size === 0) return ranked.map(toHit);
  const tier = ({ ordinal }: Ranked): number => named.get(ordinal) ?? 3;
  return ranked.toSorted((left, right) => tier(left) - tier(right)).map(toHit);
}
