import { stemWord } from "./stem.ts";

/** One word of a text: its folded form and its stem. CJK text gives bigrams, which are their own stems. */
export interface Token {
  readonly word: string;
  readonly stem: string;
  /** Where the run of letters it came from stands; parts of one run share it. */
  readonly run: number;
}

/** Turns text into tokens; keeps a bounded memory of stems, so one per index. */
export interface Tokenizer {
  tokens(text: string, maxTokens: number): Token[];
  /** The stem of one folded word. */
  stem(word: string): string;
  /** Runs of CJK text of at least one character, as they stand in `text`, for dictionary look-ups. */
  cjkRuns(text: string): string[];
}

const RUN = /[\p{L}\p{N}\p{M}'’]+/gu;
/** Han, kana, and scripts that are written without spaces (Thai, Lao, Khmer, Burmese); hangul, whose particles cling. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Hangul}]+/gu;
const HAS_UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Hangul}]/u;
/** An acronym's plural (`IDs`), an acronym before a hump, a hump, digits; digits stay with the letters before them. */
const PART =
  /\p{Lu}{2,}s(?!\p{Ll})|(?:\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{Lu}+)\p{N}*|\p{N}+/gu;
const PLAIN = /^[a-z]+$/;
const STEM_MEMORY = 100_000;
/** Longest word that is indexed; longer ones (encoded data, keys) are cut. */
const MAX_WORD = 40;

export function createTokenizer(): Tokenizer {
  const stems = new Map<string, string>();
  const stemOf = (word: string): string => {
    const known = stems.get(word);
    if (known !== undefined) return known;
    const stem = stemWord(word);
    if (stems.size >= STEM_MEMORY) stems.clear();
    stems.set(word, stem);
    return stem;
  };
  return {
    tokens: (text, maxTokens) => {
      const tokens: Token[] = [];
      let run = 0;
      for (const [piece] of text.normalize("NFKC").matchAll(RUN)) {
        if (tokens.length >= maxTokens) break;
        run++;
        for (const word of splitRun(piece.replace(/['’]/g, ""))) {
          if (tokens.length >= maxTokens) break;
          tokens.push({ word, stem: stemOf(word), run });
        }
      }
      return tokens;
    },
    stem: stemOf,
    cjkRuns: (text) => (HAS_UNSPACED.test(text) ? (text.normalize("NFKC").match(UNSPACED) ?? []) : []),
  };
}

/** Whether the text has letters of a script that is written without spaces. */
export function isUnspaced(text: string): boolean {
  return HAS_UNSPACED.test(text);
}

/** Lower case without the accents of Latin, Greek and Cyrillic letters. */
export function foldWord(word: string): string {
  const lower = word.toLowerCase();
  if (PLAIN.test(lower)) return lower;
  return lower
    .normalize("NFD")
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, "")
    .normalize("NFC");
}

function splitRun(run: string): string[] {
  if (run === "") return [];
  if (PLAIN.test(run)) return [run.slice(0, MAX_WORD)];
  if (!HAS_UNSPACED.test(run)) return splitWord(run);
  const words: string[] = [];
  let from = 0;
  for (const match of run.matchAll(UNSPACED)) {
    if (match.index > from) words.push(...splitWord(run.slice(from, match.index)));
    words.push(...bigrams(match[0]));
    from = match.index + match[0].length;
  }
  if (from < run.length) words.push(...splitWord(run.slice(from)));
  return words;
}

function splitWord(run: string): string[] {
  // `k8s`, `2fa`, `3d`, `i18n`: too short to be anything but one name.
  if (run.length <= 4 && /\p{N}/u.test(run)) return [foldWord(run)];
  const words: string[] = [];
  let initial = "";
  for (const [part] of run.matchAll(PART)) {
    // A single letter belongs to what follows: `OAuth`, `iPhone`, `eBay`.
    if (part.length === 1 && initial === "" && /\p{L}/u.test(part)) {
      initial = part;
      continue;
    }
    const word = foldWord(initial + part).slice(0, MAX_WORD);
    initial = "";
    words.push(word);
    // `base64` is a name of its own, and `base` still helps; the digits alone do not.
    const letters = word.replace(/\p{N}+$/u, "");
    if (letters.length > 2 && letters !== word) words.push(letters);
  }
  if (initial !== "") words.push(foldWord(initial));
  return words;
}

function bigrams(text: string): string[] {
  const characters = [...text];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at] ?? ""}${character}`);
}
