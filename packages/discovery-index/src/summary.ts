import { cutText, sanitizeText } from "./sanitize-text.ts";

const DEFAULT_MAX = 160;
/** A first sentence shorter than this says too little alone. */
const SHORT = 40;
/** How much of the text is looked at. */
const WINDOW = 4_000;
const SENTENCE_END = /[.!?]+["'”’)\]]*(?=\s)|[。！？]+[」』”）]*/gu;
const ABBREVIATION =
  /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|incl|excl|no|nr|fig|dr|mr|mrs|ms|st|inc|ltd|co|z\.b|d\.h|bzw|\p{Lu}|(?:\p{L}\.)+\p{L})$/iu;
const SECTION =
  /\n\s*(?:\n|(?:args?|arguments?|parameters?|params?|returns?|examples?|usage|inputs?|outputs?|notes?)\s*:|#+\s|[-*•]\s)/iu;

/**
 * The first sentence of a description, or the first few when the first is very short, as one line of at most `max`
 * UTF-16 units. A longer sentence is cut between words and ends in `…`. Argument lists, headings and invisible
 * characters are left behind.
 *
 * @example
 * toSummary("Create an issue. Needs a token.\n\nArgs:\n  repo: owner/name"); // "Create an issue. Needs a token."
 */
export function toSummary(text: string, max: number = DEFAULT_MAX): string {
  const clean = sanitizeText(text, WINDOW)
    .trim()
    .replace(/^#+\s+/, "");
  const section = SECTION.exec(clean);
  const opening = section !== null && section.index > 0 ? clean.slice(0, section.index) : clean;
  const line = opening.replace(/\s+/gu, " ").trim();
  const sentences = splitSentences(line);
  let summary = sentences[0] ?? "";
  for (const next of sentences.slice(1)) {
    if (summary.length >= SHORT || summary.length + next.length + 1 > max) break;
    summary += `${/[。！？]$/.test(summary) ? "" : " "}${next}`;
  }
  return cutAtWord(summary.replace(/:$/, ""), max);
}

/** At most `max` UTF-16 units; when something is left out the last of them is `…`. */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  const room = cutText(text, Math.max(0, max - 1));
  const space = text[room.length] === " " ? -1 : room.lastIndexOf(" ");
  const cut = space > room.length * 0.6 ? room.slice(0, space) : room;
  return `${cut.replace(/[\s,;:.(–-]+$/u, "")}…`.slice(0, max);
}

function splitSentences(line: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const match of line.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    if (match[0] === "." && ABBREVIATION.test(line.slice(Math.max(from, match.index - 12), match.index)))
      continue;
    sentences.push(line.slice(from, end).trim());
    from = end;
  }
  const rest = line.slice(from).trim();
  return rest === "" ? sentences : [...sentences, rest];
}
