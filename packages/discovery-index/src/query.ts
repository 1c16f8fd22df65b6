import { clauseStems } from "./clauses.ts";
import { isForeignFunctionWord } from "./function-words.ts";
import { conceptKeys, dictionaryConcepts } from "./lexicon.ts";
import type { Postings } from "./postings.ts";
import { sanitizeText } from "./sanitize-text.ts";
import { HAS_UNSPACED } from "./scripts.ts";
import { stemWord } from "./stem.ts";
import { createTokenizer, type Word } from "./tokenize.ts";
import { inverseFrequency, type View } from "./view.ts";

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
  /** What the best alternative is worth: the word's share of the request's meaning. */
  readonly mass: number;
  readonly alternatives: readonly Alternative[];
}

/** A request as the index sees it. */
export interface ParsedQuery {
  readonly groups: readonly QueryGroup[];
  /** Sum of the masses, words unknown to the catalogue included. */
  readonly mass: number;
  /** Indices into `groups` for each part of a request of several parts; empty for a request of one. */
  readonly clauses: readonly (readonly number[])[];
}

const MAX_QUERY_CHARACTERS = 4_000;
const MAX_QUERY_WORDS = 256;
/** Words looked up by spelling, which costs more than any other look-up. */
const MAX_UNKNOWN = 8;
const NEAR_WORDS = 3;
/** An unknown bigram means less than an unknown word: it overlaps two others and often no word at all. */
const BIGRAM_SHARE = 0.25;
/** Shorter parts of a compound are met in any word. */
const LEAST_PART = 4;
/** What `de` or `la` may still be worth: it can be a name in an English catalogue. */
const FOREIGN_WEIGHT = 0.1;
/** A part of a request with fewer known words asks for nothing by itself. */
const LEAST_CLAUSE = 2;

/** Turns a request into weighted groups of index terms. Bounded: 4,000 characters, 256 words. */
export function parseQuery(view: View, query: string): ParsedQuery {
  const text = sanitizeText(query, MAX_QUERY_CHARACTERS);
  const { tokenizer } = view.index;
  const words = tokenizer.words(text, MAX_QUERY_WORDS);
  const single = wordGroups(view, words);
  const known = new Set(single.flatMap(({ stem, alternatives }) => (alternatives.length > 0 ? stem : [])));
  const phrases = phrasesIn(view, words).filter(({ stems }) => !stems.every((stem) => known.has(stem)));
  const inPhrases = new Set(phrases.flatMap(({ stems }) => stems));
  const groups = [
    // A word that is unknown by itself is said by its phrase.
    ...single.filter(({ stem, alternatives }) => alternatives.length > 0 || !inPhrases.has(stem)),
    ...phrases.map((phrase) => phrase.group),
    ...joinedGroups(view, words),
    ...unspacedGroups(view, tokenizer.unspacedRuns(text)),
  ];
  const mass = groups.reduce((sum, group) => sum + group.mass, 0);
  return {
    groups,
    mass,
    clauses: groupClauses(groups, clauseStems(text, tokenizer, MAX_QUERY_WORDS)),
  };
}

/** Most terms of one query that are counted with. */
const MOST_TERMS = 16;

/** What is left of a query for counting: its distinct stems that mean something, without order, at most 16. */
export function queryTerms(query: string): readonly string[] {
  const words = createTokenizer().words(sanitizeText(query, MAX_QUERY_CHARACTERS), MAX_QUERY_WORDS);
  const stems = words.flatMap(({ silent, stem }) => (silent ? [] : [stem]));
  return [...new Set(stems)].slice(0, MOST_TERMS);
}

function wordGroups(view: View, words: readonly Word[]): QueryGroup[] {
  const spoken = words.filter(({ silent }) => !silent);
  // A request of function words only (`what to do`) is taken by its word.
  const said = new Map<string, { word: Word; times: number }>();
  for (const word of spoken.length > 0 ? spoken : words) {
    const before = said.get(word.stem);
    if (before === undefined) said.set(word.stem, { word, times: 1 });
    else before.times++;
  }
  let unknown = 0;
  return [...said].flatMap(([stem, { word, times }]) => {
    const weight =
      (isForeignFunctionWord(word.word) ? FOREIGN_WEIGHT : 1) *
      (1 + view.index.constants.repeatGain * Math.log(times));
    const known = knownAlternatives(view, word, weight);
    if (known.length > 0) return [group(stem, known)];
    const parts = compoundParts(view, word.word).map((part) => knownAlternatives(view, part, weight));
    if (parts.length > 0) return parts.map((alternatives) => group(stem, alternatives));
    unknown++;
    const near = unknown > MAX_UNKNOWN ? [] : nearAlternatives(view, stem, weight);
    if (near.length > 0) return [group(stem, near)];
    const share = HAS_UNSPACED.test(stem) ? BIGRAM_SHARE : 1;
    return [{ stem, mass: share * unknownMass(view, weight), alternatives: [] }];
  });
}

/**
 * The two known words that an unknown one is made of, as `Wettervorhersage` or `weatherforecast`; the longer first
 * word is preferred. Empty when there are none.
 */
function compoundParts(view: View, word: string): Word[] {
  for (let at = word.length - LEAST_PART; at >= LEAST_PART; at--) {
    const first = knownPart(view, word.slice(0, at));
    const second = first === undefined ? undefined : knownPart(view, word.slice(at));
    if (first !== undefined && second !== undefined) return [first, second];
  }
  return [];
}

function knownPart(view: View, word: string): Word | undefined {
  const stem = stemWord(word);
  const part = { word, stem, silent: false, concepts: conceptKeys(stem) };
  const isKnown = [stem, ...part.concepts].some((key) => view.term(key) !== undefined);
  return isKnown ? part : undefined;
}

function group(stem: string, alternatives: readonly Alternative[]): QueryGroup {
  return { stem, mass: Math.max(...alternatives.map(({ value }) => value)), alternatives };
}

function knownAlternatives(view: View, { stem, concepts }: Word, weight: number): Alternative[] {
  return [
    alternative(view, stem, weight),
    ...concepts.map((key) => alternative(view, key, weight * view.index.constants.conceptWeight)),
  ].filter((one) => one !== undefined);
}

function nearAlternatives(view: View, stem: string, weight: number): Alternative[] {
  const { nearWeight, nearSimilarity } = view.index.constants;
  return view.index.vocabulary.spellings
    .nearest(stem, nearSimilarity, NEAR_WORDS, (word) => view.term(word) !== undefined)
    .map(({ word, similarity }) => alternative(view, word, weight * nearWeight * similarity))
    .filter((one) => one !== undefined);
}

function alternative(view: View, key: string, weight: number): Alternative | undefined {
  const term = view.term(key);
  if (term === undefined) return undefined;
  return { key, postings: term.postings, value: weight * inverseFrequency(view, view.frequency(term)) };
}

/** A word the catalogue has never seen is as telling as one that occurs once. */
function unknownMass(view: View, weight: number): number {
  return weight * inverseFrequency(view, 1);
}

/** `file system` also asks for `filesystem`; without mass, since its words have theirs. */
function joinedGroups(view: View, words: readonly Word[]): QueryGroup[] {
  const stems = new Set(words.map(({ stem }) => stem));
  const groups = new Map<string, QueryGroup>();
  for (const { key, stem } of pairsOf(view, words)) {
    const found = stems.has(key) ? undefined : alternative(view, key, view.index.constants.joinedWeight);
    if (found !== undefined) groups.set(key, { stem, mass: 0, alternatives: [found] });
  }
  return [...groups.values()];
}

/** Two words that mean together what neither means alone, as `money back`: the lexicon has them as one word. */
interface Phrase {
  readonly group: QueryGroup;
  /** The stems of its two words. */
  readonly stems: readonly string[];
}

function phrasesIn(view: View, words: readonly Word[]): Phrase[] {
  const phrases = new Map<string, Phrase>();
  for (const { key, stem, next } of pairsOf(view, words)) {
    const means = conceptKeys(key)
      .map((concept) => alternative(view, concept, 1))
      .filter((one) => one !== undefined);
    if (means.length > 0) phrases.set(key, { group: group(stem, means), stems: [stem, next] });
  }
  return [...phrases.values()];
}

/** Neighbouring words and what they are as one. */
function pairsOf(
  { index }: View,
  words: readonly Word[],
): { readonly key: string; readonly stem: string; readonly next: string }[] {
  return words.flatMap((word, at) => {
    const next = words[at + 1];
    if (next === undefined || (word.silent && next.silent && words.length > 3)) return [];
    return [{ key: index.tokenizer.stem(word.word + next.word), stem: word.stem, next: next.stem }];
  });
}

function unspacedGroups(view: View, runs: readonly string[]): QueryGroup[] {
  const keys = new Set(runs.flatMap((run) => [...dictionaryConcepts(run)]));
  return [...keys].map((key) => {
    const found = alternative(view, key, 1);
    return found === undefined
      ? { stem: key, mass: unknownMass(view, 1), alternatives: [] }
      : group(key, [found]);
  });
}

function groupClauses(groups: readonly QueryGroup[], clauses: readonly ReadonlySet<string>[]): number[][] {
  const members = clauses
    .map((stems) => [...groups.keys()].filter((at) => stems.has(groups[at]?.stem ?? "")))
    .filter((clause) => clause.length >= LEAST_CLAUSE);
  return members.length > 1 ? members : [];
}
