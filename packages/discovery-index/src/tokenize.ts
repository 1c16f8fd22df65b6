import { isFunctionWord } from "./function-words.ts";
import { conceptKeys } from "./lexicon.ts";
import { foldWord, HAS_UNSPACED, UNSPACED } from "./scripts.ts";
import { stemWord } from "./stem.ts";

/** One word of a text. CJK text gives bigrams, which are their own stems. */
export interface Word {
  /** The word without case and accents. */
  readonly word: string;
  readonly stem: string;
  /** Whether it is a function word. */
  readonly silent: boolean;
  /** Keys of the concepts it can stand for. */
  readonly concepts: readonly string[];
}

/** A run of letters and digits, as `getWeather`, with its words and the stems of neighbours joined: `getweather`. */
export interface Run {
  readonly words: readonly Word[];
  readonly joined: readonly string[];
}

/** Turns text into words; keeps a bounded memory of the runs it has seen, so one per index. */
export interface Tokenizer {
  /** The runs of a text, of at most `maxWords` words together. */
  runs(text: string, maxWords: number): Run[];
  /** The words of those runs. */
  words(text: string, maxWords: number): Word[];
  /** The stem of one folded word. */
  stem(word: string): string;
  /** Stretches of text in scripts without spaces, for dictionary look-ups. */
  unspacedRuns(text: string): string[];
}

const ASCII = /^[\0-\x7f]*$/;
const RUN = /[\p{L}\p{N}\p{M}'’]+/gu;
/** An acronym's plural (`IDs`), an acronym before a hump, a hump, digits; digits stay with the letters before them. */
const PART =
  /\p{Lu}{2,}s(?!\p{Ll})|(?:\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{Lu}+)\p{N}*|\p{N}+/gu;
const PLAIN = /^[a-z]+$/;
/** Runs and stems that are remembered; a fuller memory is emptied. */
const MEMORY = 100_000;
/** Longer runs are hardly ever met twice. */
const MAX_REMEMBERED = 40;
/** Longest word that is indexed; longer ones (encoded data, keys) are cut. */
const MAX_WORD = 40;

export function createTokenizer(): Tokenizer {
  const stems = new Map<string, string>();
  const known = new Map<string, Run>();
  const stem = (word: string): string => {
    let found = stems.get(word);
    if (found === undefined) {
      found = stemWord(word);
      remember(stems, word, found);
    }
    return found;
  };
  const read = (piece: string): Run => {
    const found = known.get(piece);
    if (found !== undefined) return found;
    const words = splitRun(PLAIN.test(piece) ? piece : piece.replace(/['’]/g, "")).map((word) => {
      const stemmed = stem(word);
      return { word, stem: stemmed, silent: isFunctionWord(word), concepts: conceptKeys(stemmed) };
    });
    const joined = words.slice(1).map(({ word }, at) => stem(`${words[at]?.word ?? ""}${word}`));
    const run = { words, joined };
    if (piece.length <= MAX_REMEMBERED) remember(known, piece, run);
    return run;
  };
  const runs = (text: string, maxWords: number): Run[] => {
    const found: Run[] = [];
    let left = maxWords;
    for (const piece of ASCII.test(text) ? asciiPieces(text) : (text.normalize("NFKC").match(RUN) ?? [])) {
      const run = read(piece);
      const cut = run.words.length > left ? cutRun(run, left) : run;
      if (cut.words.length > 0) found.push(cut);
      left -= cut.words.length;
      if (left <= 0) break;
    }
    return found;
  };
  return {
    runs,
    words: (text, maxWords) => runs(text, maxWords).flatMap((run) => run.words),
    stem,
    unspacedRuns: (text) => (HAS_UNSPACED.test(text) ? (text.normalize("NFKC").match(UNSPACED) ?? []) : []),
  };
}

/** The runs of an ASCII text; by hand, since nearly all text that is indexed comes through here. */
function asciiPieces(text: string): string[] {
  const pieces: string[] = [];
  let from = -1;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && isAsciiRun(text.charCodeAt(at))) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      pieces.push(text.slice(from, at));
      from = -1;
    }
  }
  return pieces;
}

/** A letter, a digit or an apostrophe. */
function isAsciiRun(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 39
  );
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  if (memory.size >= MEMORY) memory.clear();
  memory.set(key, value);
}

function cutRun(run: Run, count: number): Run {
  return { words: run.words.slice(0, count), joined: run.joined.slice(0, Math.max(0, count - 1)) };
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
