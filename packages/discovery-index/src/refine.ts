import type { IndexedDocument } from "./catalogue-index.ts";
import { compareIds } from "./compare-ids.ts";
import type { ParsedQuery } from "./query.ts";
import type { WordScores } from "./score.ts";
import { inverseFrequency, type View } from "./view.ts";
import type { Term } from "./vocabulary.ts";

/** What was started before after which words. */
export interface Learned {
  /** How often the entry was started after a query with this term (one of {@link queryTerms}); at least 0. */
  starts(term: string, id: string): number;
}

/** So many starts after a word bring half of what any number of them can. */
const STARTS_FOR_HALF = 2;

/** An entry with its final score. */
export interface Ranked {
  readonly ordinal: number;
  readonly document: IndexedDocument;
  readonly score: number;
}

/**
 * Ranks entries by their words, by how much of their name the request says, and by what their server's other
 * entries score. Names and servers are looked at for the best `window` entries by words only;
 * the others follow in the order of their words. The window does not depend on the page that is asked for, so pages
 * fit together. Gives at least the first `count`.
 */
export function rankEntries(
  view: View,
  query: ParsedQuery,
  words: WordScores,
  ordinals: readonly number[],
  count: number,
  learned?: Learned,
): Ranked[] {
  const { window } = view.index.constants;
  if (ordinals.length <= window)
    return refine(view, query, words, collect(view, words, ordinals), learned).sort(byScore);
  const bar = nthHighest(ordinals, words.values, window);
  const inside = collect(
    view,
    words,
    ordinals.filter((ordinal) => (words.values[ordinal] as number) >= bar),
  );
  const refined = refine(view, query, words, inside, learned).sort(byScore);
  if (count <= refined.length) return refined;
  const outside = ordinals.filter((ordinal) => (words.values[ordinal] as number) < bar);
  return [...refined, ...collect(view, words, outside).sort(byScore)];
}

/** An entry whose score is still being worked out. */
interface Scored extends Ranked {
  score: number;
}

function collect(view: View, words: WordScores, ordinals: readonly number[]): Scored[] {
  const entries: Scored[] = [];
  for (const ordinal of ordinals) {
    const document = view.index.document(ordinal);
    if (document !== undefined) entries.push({ ordinal, document, score: words.values[ordinal] as number });
  }
  return entries;
}

function byScore(left: Ranked, right: Ranked): number {
  return right.score - left.score || compareIds(left.document.id, right.document.id);
}

function refine(
  view: View,
  query: ParsedQuery,
  words: WordScores,
  entries: Scored[],
  learned: Learned | undefined,
): Scored[] {
  const { nameBonus, nameAddition, serverShare, serverTop } = view.index.constants;
  const asked = askedKeys(query);
  const tops = new Map<number, number[]>();
  for (const entry of entries) {
    const { nameTerms, server } = entry.document;
    const name = coverage(view, nameTerms, asked);
    entry.score *= 1 + nameBonus * name;
    entry.score += nameAddition * words.ideal * name;
    if (learned !== undefined)
      entry.score *= 1 + view.index.constants.learnedGain * learnedShare(query, learned, entry.document.id);
    keepTop(tops, server, entry.score, serverTop);
  }
  const shares = new Map<number, number>();
  for (const [server, held] of tops) {
    shares.set(server, (serverShare * held.reduce((sum, score) => sum + score, 0)) / serverTop);
  }
  for (const entry of entries) entry.score += shares.get(entry.document.server) ?? 0;
  return entries;
}

/** How much of the request's meaning is in words after which this entry was started before, from 0 to 1. */
function learnedShare({ groups, mass }: ParsedQuery, learned: Learned, id: string): number {
  if (mass === 0) return 0;
  let share = 0;
  for (const group of groups) {
    const starts = learned.starts(group.stem, id);
    if (starts > 0) share += (group.mass / mass) * (starts / (starts + STARTS_FOR_HALF));
  }
  return Math.min(1, share);
}

/** How fully the request says each of its terms: 1 for the word itself, less for what stands in for it. */
function askedKeys(query: ParsedQuery): Map<string, number> {
  const asked = new Map<string, number>();
  for (const { mass, alternatives } of query.groups) {
    if (mass === 0) continue;
    for (const { key, value } of alternatives) asked.set(key, Math.max(asked.get(key) ?? 0, value / mass));
  }
  return asked;
}

/** The share of some terms' weight that the request covers. */
function coverage(view: View, terms: readonly Term[], asked: ReadonlyMap<string, number>): number {
  let total = 0;
  let covered = 0;
  for (const term of terms) {
    const { key, concepts } = term;
    const weight = inverseFrequency(view, view.frequency(term));
    let share = asked.get(key) ?? 0;
    for (const concept of concepts) share = Math.max(share, asked.get(concept) ?? 0);
    total += weight;
    covered += weight * share;
  }
  return total === 0 ? 0 : covered / total;
}

function keepTop(tops: Map<number, number[]>, server: number, score: number, count: number): void {
  const held = tops.get(server);
  if (held === undefined) {
    tops.set(server, [score]);
    return;
  }
  if (held.length === count && score <= (held[count - 1] as number)) return;
  let at = held.length < count ? held.length : count - 1;
  for (; at > 0 && (held[at - 1] as number) < score; at--) held[at] = held[at - 1] as number;
  held[at] = score;
}

/** The `count`-th highest value, by Hoare's selection with the middle element as pivot. */
function nthHighest(ordinals: readonly number[], values: Float64Array, count: number): number {
  const scores = new Float64Array(ordinals.length);
  for (let at = 0; at < scores.length; at++) scores[at] = values[ordinals[at] as number] as number;
  let low = 0;
  let high = scores.length - 1;
  const target = count - 1;
  while (low < high) {
    const pivot = scores[(low + high) >> 1] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((scores[left] as number) > pivot) left++;
      while ((scores[right] as number) < pivot) right--;
      if (left > right) break;
      const swapped = scores[left] as number;
      scores[left] = scores[right] as number;
      scores[right] = swapped;
      left++;
      right--;
    }
    if (target <= right) high = right;
    else if (target >= left) low = left;
    else break;
  }
  return scores[target] as number;
}
