import { ACTION_WORDS } from "./lexicon/action-words.ts";
import { THING_WORDS } from "./lexicon/thing-words.ts";
import { TRADE_WORDS } from "./lexicon/trade-words.ts";
import { stemWord } from "./stem.ts";
import { foldWord, HAS_UNSPACED } from "./scripts.ts";

/**
 * A small lexicon of what tools do and handle: a word leads to the concepts it can stand for, a concept to one
 * term key that all its words share, whatever their language. It is what lets `erase a folder` or `删除目录` reach
 * `delete_directory`.
 */
interface Lexicon {
  readonly byStem: ReadonlyMap<string, readonly string[]>;
  readonly unspaced: ReadonlyMap<string, readonly string[]>;
  readonly longest: number;
}

/** Marks a term key as a concept; no token of a text contains it. */
const CONCEPT_MARK = "\u0001";
const NONE: readonly string[] = [];

let loaded: Lexicon | undefined;

/** The concepts a stem belongs to, as term keys. */
export function conceptKeys(stem: string): readonly string[] {
  return lexicon().byStem.get(stem) ?? NONE;
}

/** The concepts named in a run of text that is written without spaces, by the longest match from the left. */
export function dictionaryConcepts(run: string): readonly string[] {
  const { unspaced, longest } = lexicon();
  const found: string[] = [];
  let at = 0;
  while (at < run.length) {
    let length = Math.min(longest, run.length - at);
    let keys: readonly string[] | undefined;
    for (; length > 0; length--) {
      keys = unspaced.get(run.slice(at, at + length));
      if (keys !== undefined) break;
    }
    if (keys !== undefined) found.push(...keys);
    at += Math.max(length, 1);
  }
  return found;
}

/** Read once and kept: it is a constant, only too large to be worked out when nobody searches. */
function lexicon(): Lexicon {
  loaded ??= readLexicon(`${ACTION_WORDS}${THING_WORDS}${TRADE_WORDS}`);
  return loaded;
}

function readLexicon(text: string): Lexicon {
  const byStem = new Map<string, string[]>();
  const unspaced = new Map<string, string[]>();
  let longest = 1;
  for (const [number, line] of text.split("\n").entries()) {
    const key = `${CONCEPT_MARK}${number}`;
    for (const word of line.split(" ")) {
      if (word === "") continue;
      const dense = HAS_UNSPACED.test(word);
      if (dense) longest = Math.max(longest, word.length);
      const map = dense ? unspaced : byStem;
      const entry = dense ? word : stemWord(foldWord(word));
      const keys = map.get(entry);
      if (keys === undefined) map.set(entry, [key]);
      else if (!keys.includes(key)) keys.push(key);
    }
  }
  return { byStem, unspaced, longest };
}
