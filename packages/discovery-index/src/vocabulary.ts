import { conceptKeys } from "./lexicon.ts";
import { createPostings, type Postings } from "./postings.ts";
import { createTrigramMap, type TrigramMap } from "./trigrams.ts";

/** A word, joined word or concept, and where it occurs. One without postings is as if it were not there. */
export interface Term {
  readonly key: string;
  readonly postings: Postings;
  /** Keys of the concepts the word can stand for. */
  readonly concepts: readonly string[];
  /** What is being counted for it while an entry is weighed; no state of the index. */
  readonly tally: Tally;
}

/** Counts of one term in the field and the entry whose numbers it carries. */
export interface Tally {
  field: number;
  count: number;
  entry: number;
  weight: number;
}

/** Owns the terms of an index. A term that has no postings any more is kept until `sweep`. */
export interface Vocabulary {
  /** Letter trigrams of the terms that occur. */
  readonly spellings: TrigramMap;
  /** The term of this key, made if need be. */
  intern(key: string): Term;
  /** The term of this key, if it occurs anywhere. */
  get(key: string): Term | undefined;
  all(): Iterable<Term>;
  /** Forgets the terms that occur nowhere. */
  sweep(): void;
}

export function createVocabulary(): Vocabulary {
  const terms = new Map<string, Term>();
  return {
    spellings: createTrigramMap(),
    intern: (key) => {
      let term = terms.get(key);
      if (term === undefined) {
        const tally = { field: 0, count: 0, entry: 0, weight: 0 };
        term = { key, postings: createPostings(), concepts: conceptKeys(key), tally };
        terms.set(key, term);
      }
      return term;
    },
    get: (key) => {
      const term = terms.get(key);
      return term === undefined || term.postings.docs.length === 0 ? undefined : term;
    },
    all: () => terms.values(),
    sweep: () => {
      for (const [key, { postings }] of terms) if (postings.docs.length === 0) terms.delete(key);
    },
  };
}
