import type { SearchableIndex } from "./catalogue-index.ts";
import { compareIds } from "./compare-ids.ts";
import type { ParsedQuery } from "./query.ts";
import { findPosting } from "./postings.ts";
import type { WordScores } from "./score.ts";
import { inverseFrequency, type View } from "./view.ts";

/**
 * The least score by words that still answers the request: a share of the best entry's. Infinite when even the best
 * entry has too little of the request, which is when all of these hold: its words weigh less than a share of what the
 * request's words weigh; they weigh too little for a long request, of which any tool serves only a part (so that bar
 * rises with the root of the request's length); and most of the request's meaning is in words it does not have.
 */
export function scoreFloor(
  view: View,
  query: ParsedQuery,
  words: WordScores,
  matched: readonly number[],
): number {
  const { index } = view;
  const { floorShare, floorRoot, floorCoverage, tailShare } = index.constants;
  const best = bestEntry(index, words, matched);
  if (best === undefined) return Infinity;
  const score = words.values[best] as number;
  const answers =
    score >= floorShare * query.mass ||
    score >= floorRoot * Math.sqrt(query.mass * inverseFrequency(view, 1)) ||
    massIn(query, best) >= floorCoverage * query.mass;
  return answers ? tailShare * score : Infinity;
}

function bestEntry(
  index: SearchableIndex,
  { values }: WordScores,
  matched: readonly number[],
): number | undefined {
  let best: number | undefined;
  for (const ordinal of matched) {
    const ahead = best === undefined ? 1 : (values[ordinal] as number) - (values[best] as number);
    if (ahead > 0 || (ahead === 0 && compareIds(idOf(index, ordinal), idOf(index, best)) < 0)) best = ordinal;
  }
  return best;
}

function idOf(index: SearchableIndex, ordinal: number | undefined): string {
  return ordinal === undefined ? "" : (index.document(ordinal)?.id ?? "");
}

/** How much of the request's meaning is in words that the entry has, wherever it has them. */
function massIn(query: ParsedQuery, ordinal: number): number {
  let mass = 0;
  for (const group of query.groups) {
    let held = 0;
    for (const { postings, value } of group.alternatives) {
      if (value > held && findPosting(postings, ordinal) >= 0) held = value;
    }
    mass += Math.min(held, group.mass);
  }
  return mass;
}
