import type { SearchableIndex } from "./catalogue-index.ts";
import { inverseFrequency, type ParsedQuery } from "./query.ts";

/** Scores by ordinal, and which ordinals have one. */
export interface Scores {
  readonly values: Float64Array;
  readonly touched: number[];
}

/** Sums the best alternative of every group for every entry that `admits` lets through. */
export function scoreEntries(
  index: SearchableIndex,
  query: ParsedQuery,
  admits: (ordinal: number) => boolean,
): Scores {
  const values = new Float64Array(index.capacity);
  const best = new Float64Array(index.capacity);
  for (const group of query.groups) {
    const [only] = group.alternatives;
    if (group.alternatives.length === 1 && only !== undefined) {
      const { docs, impacts, length } = only.postings;
      for (let at = 0; at < length; at++) {
        const doc = docs[at] as number;
        values[doc] = (values[doc] as number) + only.value * (impacts[at] as number);
      }
      continue;
    }
    for (const { postings, value } of group.alternatives) {
      for (let at = 0; at < postings.length; at++) {
        const doc = postings.docs[at] as number;
        const gain = value * (postings.impacts[at] as number);
        if (gain > (best[doc] as number)) best[doc] = gain;
      }
    }
    for (const { postings } of group.alternatives) {
      for (let at = 0; at < postings.length; at++) {
        const doc = postings.docs[at] as number;
        values[doc] = (values[doc] as number) + (best[doc] as number);
        best[doc] = 0;
      }
    }
  }
  const touched: number[] = [];
  for (let doc = 0; doc < values.length; doc++)
    if ((values[doc] as number) > 0 && admits(doc)) touched.push(doc);
  return { values, touched };
}

/** Adds the bonus for covered names and the share of the server's best scores. */
export function refineScores(index: SearchableIndex, query: ParsedQuery, scores: Scores): void {
  const { nameBonus, serverShare, serverTop } = index.constants;
  const asked = new Map<string, number>();
  for (const group of query.groups) {
    for (const { key, value } of group.alternatives) {
      if (group.mass > 0) asked.set(key, Math.max(asked.get(key) ?? 0, value / group.mass));
    }
  }
  const tops = new Float64Array(index.servers * serverTop);
  for (const doc of scores.touched) {
    const document = index.document(doc);
    if (document === undefined) continue;
    let total = 0;
    let covered = 0;
    for (const { key, postings } of document.nameTerms) {
      const weight = inverseFrequency(index, postings.length);
      total += weight;
      covered += weight * (asked.get(key) ?? 0);
    }
    if (total > 0) scores.values[doc] = (scores.values[doc] as number) * (1 + (nameBonus * covered) / total);
    insertTop(tops, document.server * serverTop, serverTop, scores.values[doc] as number);
  }
  for (const doc of scores.touched) {
    const document = index.document(doc);
    if (document === undefined) continue;
    let sum = 0;
    for (let at = 0; at < serverTop; at++) sum += tops[document.server * serverTop + at] as number;
    scores.values[doc] = (scores.values[doc] as number) + (serverShare * sum) / serverTop;
  }
}

function insertTop(tops: Float64Array, from: number, count: number, value: number): void {
  let rising = value;
  for (let at = from; at < from + count; at++) {
    const held = tops[at] as number;
    if (rising > held) {
      tops[at] = rising;
      rising = held;
    }
  }
}
