import type { Tokenizer } from "./tokenize.ts";

const BOUNDARY = /[.!?;:\n]+(?=\s|$)|[。！？；：]|,?\s(?:and|then|also|additionally)\s/iu;
const MAX_CLAUSES = 8;

/**
 * The stems of each part of a request that may ask for a thing of its own: its sentences, and what `and` or `then`
 * joins. At most eight; what follows belongs to the last.
 */
export function clauseStems(text: string, tokenizer: Tokenizer, maxWords: number): Set<string>[] {
  const clauses: Set<string>[] = [];
  for (const part of text.split(BOUNDARY)) {
    if (part.trim() === "") continue;
    const stems = tokenizer.words(part, maxWords).map(({ stem }) => stem);
    const last = clauses.at(-1);
    if (clauses.length === MAX_CLAUSES && last !== undefined) for (const stem of stems) last.add(stem);
    else clauses.push(new Set(stems));
  }
  return clauses;
}
