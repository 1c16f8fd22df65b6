import type { CatalogueEntry } from "./catalogue-entry.ts";
import type { SearchableIndex } from "./catalogue-index.ts";
import { compareIds } from "./compare-ids.ts";
import type { Ranked } from "./refine.ts";

/** What a model of meaning says about one request; {@link search} joins it with the ranking by words. */
export interface Meaning {
  /** How near an entry is to the request, from -1 to 1; undefined where that is not known. */
  similarity(entry: CatalogueEntry): number | undefined;
  /** Entries that are less similar than this are not near at all. */
  readonly least: number;
}

/** Most entries that are found by meaning alone. */
const MOST_NEAR = 50;
/** Cormack, Clarke and Büttcher, "Reciprocal rank fusion", SIGIR 2009. */
const RANK_OFFSET = 60;

/** The entries nearest in meaning, best first, among those that `admits` lets through. */
export function nearestInMeaning(
  index: SearchableIndex,
  meaning: Meaning,
  admits: (ordinal: number) => boolean,
): Ranked[] {
  const near: Ranked[] = [];
  for (let ordinal = 0; ordinal < index.capacity; ordinal++) {
    const document = index.document(ordinal);
    if (document === undefined || !admits(ordinal)) continue;
    const score = meaning.similarity(document.entry);
    if (score !== undefined && score >= meaning.least) near.push({ ordinal, document, score });
  }
  return near
    .sort((left, right) => right.score - left.score || compareIds(left.document.id, right.document.id))
    .slice(0, MOST_NEAR);
}

/** One ranking of several: an entry scores by its places, not by scores that cannot be compared. */
export function fuse(rankings: readonly (readonly Ranked[])[]): Ranked[] {
  const fused = new Map<number, Ranked>();
  for (const ranking of rankings) {
    for (const [place, { ordinal, document }] of ranking.entries()) {
      const score = (fused.get(ordinal)?.score ?? 0) + 1 / (RANK_OFFSET + place + 1);
      fused.set(ordinal, { ordinal, document, score });
    }
  }
  return [...fused.values()].sort(
    (left, right) => right.score - left.score || compareIds(left.document.id, right.document.id),
  );
}
