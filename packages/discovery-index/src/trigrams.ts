/** Letter trigrams of a vocabulary, to find the words nearest to one that is not in it. */
export interface TrigramMap {
  add(word: string): void;
  remove(word: string): void;
  /** Words of at least this Dice similarity, nearest first, ties by the word. */
  nearest(
    word: string,
    least: number,
    count: number,
  ): { readonly word: string; readonly similarity: number }[];
}

/** Shorter words have too few trigrams to tell a slip from another word. */
const LEAST_LENGTH = 4;

/** A map that indexes only words of letters; others are ignored. Built on first use after a change. */
export function createTrigramMap(): TrigramMap {
  const words = new Set<string>();
  const byTrigram = new Map<string, Set<string>>();
  /** Words added since the last look-up: most indexes are never asked for an unknown word. */
  const pending = new Set<string>();
  const settle = (): void => {
    for (const word of pending) {
      for (const trigram of trigramsOf(word)) {
        const holders = byTrigram.get(trigram);
        if (holders === undefined) byTrigram.set(trigram, new Set([word]));
        else holders.add(word);
      }
    }
    pending.clear();
  };
  return {
    add: (word) => {
      if (word.length < LEAST_LENGTH || !/^\p{L}+$/u.test(word) || words.has(word)) return;
      words.add(word);
      pending.add(word);
    },
    remove: (word) => {
      if (!words.delete(word) || pending.delete(word)) return;
      for (const trigram of trigramsOf(word)) byTrigram.get(trigram)?.delete(word);
    },
    nearest: (word, least, count) => {
      if (word.length < LEAST_LENGTH) return [];
      settle();
      const asked = trigramsOf(word);
      const shared = new Map<string, number>();
      for (const trigram of asked) {
        for (const holder of byTrigram.get(trigram) ?? []) shared.set(holder, (shared.get(holder) ?? 0) + 1);
      }
      const near: { word: string; similarity: number }[] = [];
      for (const [holder, common] of shared) {
        const similarity = (2 * common) / (asked.length + trigramsOf(holder).length);
        if (similarity >= least) near.push({ word: holder, similarity });
      }
      near.sort((left, right) => right.similarity - left.similarity || (left.word < right.word ? -1 : 1));
      return near.slice(0, count);
    },
  };
}

/** Distinct trigrams of the word between two edge marks. */
export function trigramsOf(word: string): string[] {
  const padded = `\u0002${word}\u0003`;
  const trigrams = new Set<string>();
  for (let at = 0; at + 3 <= padded.length; at++) trigrams.add(padded.slice(at, at + 3));
  return [...trigrams];
}
