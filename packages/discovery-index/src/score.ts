import type { ParsedQuery, QueryGroup } from "./query.ts";
import type { View } from "./view.ts";

/** What the words of a request are worth to every entry; good until the next search of the index. */
export interface WordScores {
  /** By ordinal; 0 for entries without a word of the request, or outside the view. */
  readonly values: Float64Array;
  /** The sum of the best that each word brought to any entry of the view. */
  readonly ideal: number;
}

/**
 * Sums over the words of the request the best alternative that an entry has. When the request has several parts,
 * a share of the score is that of the best part alone, so that an entry which serves one part wholly is not
 * beaten by one that has a little of each.
 */
export function scoreWords(view: View, query: ParsedQuery): WordScores {
  const { index, mask } = view;
  const values = index.zeros(0);
  const best = index.zeros(1);
  const clauses = query.clauses.map((_, at) => index.zeros(at + 2));
  const clausesOf = new Map<number, Float64Array[]>();
  for (const [at, members] of query.clauses.entries()) {
    for (const member of members) {
      const sums = clausesOf.get(member);
      if (sums === undefined) clausesOf.set(member, [clauses[at] as Float64Array]);
      else sums.push(clauses[at] as Float64Array);
    }
  }
  let ideal = 0;
  for (const [at, group] of query.groups.entries()) {
    ideal += addGroup(group, mask, best, [values, ...(clausesOf.get(at) ?? [])]);
  }
  if (clauses.length > 0) mixClauses(values, clauses, index.constants.clauseWeight);
  return { values, ideal };
}

/** Adds a group's best alternative to each sum; returns the highest gain. `best` is all zeros before and after. */
function addGroup(
  group: QueryGroup,
  mask: Uint8Array | undefined,
  best: Float64Array,
  sums: readonly Float64Array[],
): number {
  for (const { postings, value } of group.alternatives) {
    const { docs, impacts } = postings;
    for (let at = 0; at < docs.length; at++) {
      const doc = docs[at] as number;
      const gain = value * (impacts[at] as number);
      if (gain > (best[doc] as number)) best[doc] = gain;
    }
  }
  let highest = 0;
  for (const { postings } of group.alternatives) {
    const { docs } = postings;
    for (let at = 0; at < docs.length; at++) {
      const doc = docs[at] as number;
      const gain = best[doc] as number;
      if (gain === 0) continue;
      best[doc] = 0;
      if (mask !== undefined && mask[doc] === 0) continue;
      if (gain > highest) highest = gain;
      for (const sum of sums) sum[doc] = (sum[doc] as number) + gain;
    }
  }
  return highest;
}

function mixClauses(values: Float64Array, clauses: readonly Float64Array[], weight: number): void {
  for (let doc = 0; doc < values.length; doc++) {
    const whole = values[doc] as number;
    if (whole === 0) continue;
    let top = 0;
    for (const sums of clauses) if ((sums[doc] as number) > top) top = sums[doc] as number;
    values[doc] = (1 - weight) * whole + weight * top;
  }
}
