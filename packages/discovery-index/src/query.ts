import type { SearchableIndex } from "./catalogue-index.ts";
import { isForeignFunctionWord, isFunctionWord, isQuietWord } from "./function-words.ts";
import { conceptKeys, dictionaryConcepts } from "./lexicon.ts";
import type { Postings } from "./postings.ts";
import { sanitizeText } from "./sanitize-text.ts";
import type { Token } from "./tokenize.ts";

/** One way in which a word of the query can occur in an entry. */
export interface Alternative {
  readonly key: string;
  readonly postings: Postings;
  /** Weight times inverse document frequency. */
  readonly value: number;
}

/** One word of the query with everything that counts as saying it; an entry gets the best of them, once. */
export interface QueryGroup {
  readonly stem: string;
  readonly weight: number;
  /** What a perfect match of this word is worth: its share of the request's meaning. */
  readonly mass: number;
  readonly alternatives: readonly Alternative[];
}

export interface ParsedQuery {
  readonly groups: readonly QueryGroup[];
  /** Sum of the masses, words unknown to the catalogue included. */
  readonly mass: number;
}

const MAX_QUERY_CHARACTERS = 4_000;
const MAX_QUERY_TOKENS = 256;
const QUIET_WEIGHT = 0.3;
const FOREIGN_WEIGHT = 0.1;
const DIGITS = /^\p{N}+$/u;

/** Turns a request into weighted groups of index terms. Bounded: 4,000 characters, 256 words. */
export function parseQuery(index: SearchableIndex, query: string): ParsedQuery {
  const text = sanitizeText(query, MAX_QUERY_CHARACTERS);
  const tokens = index.tokenizer.tokens(text, MAX_QUERY_TOKENS);
  const spoken = tokens.filter((token) => !isFunctionWord(token.word));
  const kept = spoken.length > 0 ? spoken : tokens;
  const groups: QueryGroup[] = [];
  const seen = new Map<string, number>();
  for (const token of kept) seen.set(token.stem, (seen.get(token.stem) ?? 0) + 1);
  for (const [stem, times] of seen) {
    const word = kept.find((token) => token.stem === stem)?.word ?? stem;
    const weight = wordWeight(word) * (1 + index.constants.repeatGain * Math.log(times));
    groups.push(groupOf(index, stem, weight));
  }
  for (const joined of joinedWords(index, tokens)) {
    if (!seen.has(joined)) groups.push(joinedGroup(index, joined));
  }
  for (const key of new Set(index.tokenizer.cjkRuns(text).flatMap((run) => [...dictionaryConcepts(run)]))) {
    groups.push(conceptGroup(index, key));
  }
  return { groups, mass: groups.reduce((sum, group) => sum + group.mass, 0) };
}

/** BM25's inverse document frequency, never negative. */
export function inverseFrequency(index: SearchableIndex, documents: number): number {
  return Math.log(1 + (index.size - documents + 0.5) / (documents + 0.5));
}

function wordWeight(word: string): number {
  if (isQuietWord(word)) return QUIET_WEIGHT;
  if (isForeignFunctionWord(word)) return FOREIGN_WEIGHT;
  return DIGITS.test(word) ? QUIET_WEIGHT : 1;
}

function groupOf(index: SearchableIndex, stem: string, weight: number): QueryGroup {
  const { conceptWeight, nearWeight, nearSimilarity } = index.constants;
  const alternatives: Alternative[] = [];
  const add = (key: string, share: number): void => {
    const term = index.term(key);
    if (term === undefined) return;
    const value = weight * share * inverseFrequency(index, term.postings.length);
    alternatives.push({ key, postings: term.postings, value });
  };
  add(stem, 1);
  for (const key of conceptKeys(stem)) add(key, conceptWeight);
  if (alternatives.length === 0) {
    for (const near of index.vocabulary.nearest(stem, nearSimilarity, 3))
      add(near.word, nearWeight * near.similarity);
  }
  const mass =
    alternatives.length > 0
      ? Math.max(...alternatives.map(({ value }) => value))
      : unknownMass(index, weight);
  return { stem, weight, mass, alternatives };
}

function joinedGroup(index: SearchableIndex, key: string): QueryGroup {
  const term = index.term(key);
  if (term === undefined) return { stem: key, weight: 0, mass: 0, alternatives: [] };
  const value = index.constants.joinedWeight * inverseFrequency(index, term.postings.length);
  return { stem: key, weight: 1, mass: 0, alternatives: [{ key, postings: term.postings, value }] };
}

function conceptGroup(index: SearchableIndex, key: string): QueryGroup {
  const term = index.term(key);
  if (term === undefined) return { stem: key, weight: 1, mass: unknownMass(index, 1), alternatives: [] };
  const value = inverseFrequency(index, term.postings.length);
  return { stem: key, weight: 1, mass: value, alternatives: [{ key, postings: term.postings, value }] };
}

/** A word the catalogue has never seen is as telling as one that occurs once. */
function unknownMass(index: SearchableIndex, weight: number): number {
  return weight * inverseFrequency(index, 1);
}

function joinedWords(index: SearchableIndex, tokens: readonly Token[]): Set<string> {
  const joined = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (next === undefined || (isFunctionWord(token.word) && isFunctionWord(next.word) && tokens.length > 3))
      continue;
    const key = index.tokenizer.stem(token.word + next.word);
    if (index.term(key) !== undefined) joined.add(key);
  }
  return joined;
}
