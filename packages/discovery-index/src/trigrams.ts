/**
 * Owns the letter trigrams of a vocabulary, to find the words nearest to one that is not in it.
 *
 * Invariants:
 * 1. A word has one number while it is in the vocabulary; a removed word's number stays in the lists, names nothing,
 *    and is never given again, until the lists are built anew.
 * 2. Numbers that name nothing never outnumber the words by more than a constant.
 */
export interface TrigramMap {
  add(word: string): void;
  remove(word: string): void;
  /** Words of at least this Dice similarity that `admits` lets through, nearest first, ties by the word. */
  nearest(
    word: string,
    least: number,
    count: number,
    admits: (word: string) => boolean,
  ): { readonly word: string; readonly similarity: number }[];
}

/** Shorter words have too few trigrams to tell a slip from another word. */
const LEAST_LENGTH = 4;
const LETTERS = /^\p{L}+$/u;

/** An empty vocabulary. Words of other characters than letters are ignored. */
export function createTrigramMap(): TrigramMap {
  return new Trigrams();
}

class Trigrams implements TrigramMap {
  #numbers = new Map<string, number>();
  #words: (string | undefined)[] = [];
  #lists = new Map<string, number[]>();
  /** Words whose trigrams are in the lists; the rest is put there when first asked for. */
  #listed = 0;

  add(word: string): void {
    if (word.length < LEAST_LENGTH || !LETTERS.test(word) || this.#numbers.has(word)) return;
    this.#numbers.set(word, this.#words.length);
    this.#words.push(word);
  }

  remove(word: string): void {
    const number = this.#numbers.get(word);
    if (number === undefined) return;
    this.#numbers.delete(word);
    this.#words[number] = undefined;
    if (this.#words.length > 2 * this.#numbers.size + 1024) this.#rebuild();
  }

  nearest(
    word: string,
    least: number,
    count: number,
    admits: (word: string) => boolean,
  ): { word: string; similarity: number }[] {
    if (word.length < LEAST_LENGTH) return [];
    this.#list();
    const asked = trigramsOf(word);
    const shared = new Uint8Array(this.#words.length);
    const met: number[] = [];
    for (const trigram of asked) {
      for (const number of this.#lists.get(trigram) ?? []) {
        if (shared[number] === 0) met.push(number);
        shared[number] = (shared[number] as number) + 1;
      }
    }
    const near: { word: string; similarity: number }[] = [];
    for (const number of met) {
      const held = this.#words[number];
      if (held === undefined) continue;
      const common = shared[number] as number;
      // It has at least the trigrams it shares, so it cannot be more alike than this.
      if ((2 * common) / (asked.length + common) < least) continue;
      const similarity = (2 * common) / (asked.length + trigramsOf(held).length);
      if (similarity >= least) near.push({ word: held, similarity });
    }
    near.sort((left, right) => right.similarity - left.similarity || (left.word < right.word ? -1 : 1));
    return firstOf(near, count, admits);
  }

  #list(): void {
    for (; this.#listed < this.#words.length; this.#listed++) {
      const word = this.#words[this.#listed];
      if (word === undefined) continue;
      for (const trigram of trigramsOf(word)) {
        const list = this.#lists.get(trigram);
        if (list === undefined) this.#lists.set(trigram, [this.#listed]);
        else list.push(this.#listed);
      }
    }
  }

  /** Upholds invariant 2. */
  #rebuild(): void {
    this.#words = [...this.#numbers.keys()];
    this.#numbers = new Map(this.#words.map((word, number) => [word ?? "", number]));
    this.#lists = new Map();
    this.#listed = 0;
  }
}

function firstOf<T extends { readonly word: string }>(
  near: readonly T[],
  count: number,
  admits: (word: string) => boolean,
): T[] {
  const first: T[] = [];
  for (const one of near) {
    if (first.length === count) break;
    if (admits(one.word)) first.push(one);
  }
  return first;
}

/** Distinct trigrams of the word between two edge marks; words are cut at 40 letters, so there are at most 40. */
function trigramsOf(word: string): string[] {
  const padded = `\u0002${word}\u0003`;
  const trigrams = new Set<string>();
  for (let at = 0; at + 3 <= padded.length; at++) trigrams.add(padded.slice(at, at + 3));
  return [...trigrams];
}
