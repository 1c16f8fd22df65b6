import type { CatalogueEntry } from "./catalogue-entry.ts";
import type { Field, RankingConstants } from "./constants.ts";
import { isFunctionWord } from "./function-words.ts";
import { conceptKeys, dictionaryConcepts } from "./lexicon.ts";
import { parameterNames } from "./parameter-names.ts";
import { sanitizeText } from "./sanitize-text.ts";
import type { Token, Tokenizer } from "./tokenize.ts";

/** What the index keeps of an entry: term weights, and the terms of its name for the coverage bonus. */
export interface AnalysedEntry {
  /** Term key to saturated BM25F weight, in order of first occurrence. */
  readonly terms: ReadonlyMap<string, number>;
  readonly nameTerms: readonly string[];
  readonly serverTerms: readonly string[];
}

/** Most characters of one field that are looked at; a description of 10 MB costs no more than one of 8 kB. */
const MAX_FIELD_CHARACTERS = 8_000;
const MAX_LIST_ITEMS = 64;

/**
 * Weighs the words of an entry by BM25F (Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple
 * weighted fields", CIKM 2004). The lengths are compared with fixed pivots instead of the collection's means, so
 * that an entry's weights depend on nothing but the entry: adding one never changes another.
 */
export function analyseEntry(
  entry: CatalogueEntry,
  tokenizer: Tokenizer,
  constants: RankingConstants,
): AnalysedEntry {
  const weights = new Map<string, number>();
  const nameTokens = fieldTokens(nameOf(entry), "name", tokenizer, constants);
  addField(weights, nameTokens, "name", tokenizer, nameOf(entry), constants);
  for (const [field, text] of fieldTexts(entry)) {
    if (text === "") continue;
    addField(weights, fieldTokens(text, field, tokenizer, constants), field, tokenizer, text, constants);
  }
  const terms = new Map<string, number>();
  for (const [key, weight] of weights) terms.set(key, weight / (constants.k1 + weight));
  const named = new Set(nameTokens.filter((token) => !isFunctionWord(token.word)).map((token) => token.stem));
  const sv =
    entry.serverTitle !== undefined && entry.serverTitle !== "" ? entry.serverTitle : (entry.server ?? "");
  const serverTerms = new Set(
    tokenizer
      .tokens(sv.slice(0, 200), 16)
      .filter((token) => !isFunctionWord(token.word))
      .map((token) => token.stem),
  );
  return { terms, nameTerms: [...named], serverTerms: [...serverTerms] };
}

/** The name that is ranked: the given one, else the id. */
export function nameOf(entry: CatalogueEntry): string {
  return bounded(entry.name ?? entry.id);
}

/** Fields other than the name, as one bounded text each. */
function fieldTexts(entry: CatalogueEntry): readonly (readonly [Field, string])[] {
  return [
    ["title", bounded(entry.title)],
    ["server", bounded(entry.server)],
    ["serverTitle", bounded(entry.serverTitle)],
    ["description", bounded(entry.description)],
    ["parameters", parameterNames(entry.inputSchema).join(" ")],
    ["tags", listText(entry.tags)],
    ["aliases", listText(entry.aliases)],
    ["examples", listText(entry.examples)],
    ["states", listText(entry.states)],
    ["goals", listText(entry.goals)],
    ["guidance", listText(entry.guidance)],
  ];
}

function bounded(text: string | undefined): string {
  return text === undefined ? "" : sanitizeText(text, MAX_FIELD_CHARACTERS);
}

function listText(items: readonly string[] | undefined): string {
  if (items === undefined || items.length === 0) return "";
  let text = "";
  for (const item of items.slice(0, MAX_LIST_ITEMS)) {
    text += `${sanitizeText(item, MAX_FIELD_CHARACTERS)}\n`;
    if (text.length > MAX_FIELD_CHARACTERS) break;
  }
  return bounded(text);
}

function fieldTokens(text: string, field: Field, tokenizer: Tokenizer, constants: RankingConstants): Token[] {
  return tokenizer.tokens(text, constants.fields[field].maxTokens);
}

function addField(
  weights: Map<string, number>,
  tokens: readonly Token[],
  field: Field,
  tokenizer: Tokenizer,
  text: string,
  constants: RankingConstants,
): void {
  const counts = new Map<string, number>();
  const count = (key: string): void => {
    const seen = counts.get(key) ?? 0;
    if (seen < constants.maxOccurrences) counts.set(key, seen + 1);
  };
  const names =
    field === "name" ||
    field === "title" ||
    field === "server" ||
    field === "serverTitle" ||
    field === "aliases";
  let length = 0;
  let previous: Token | undefined;
  for (const token of tokens) {
    const silent = isFunctionWord(token.word);
    if (!silent || names) {
      count(token.stem);
      for (const key of conceptKeys(token.stem)) count(key);
    }
    if (!silent) length++;
    // `GitHub` and `play list` are also asked for as `github` and `playlist`.
    if (previous !== undefined && (names || previous.run === token.run)) {
      count(tokenizer.stem(previous.word + token.word));
    }
    previous = token;
  }
  for (const key of unspacedConcepts(text, tokenizer)) count(key);
  const { weight, pivot, b } = constants.fields[field];
  const norm = weight / (1 - b + (b * Math.max(length, 1)) / pivot);
  for (const [key, occurrences] of counts) weights.set(key, (weights.get(key) ?? 0) + occurrences * norm);
}

function unspacedConcepts(text: string, tokenizer: Tokenizer): string[] {
  return tokenizer.cjkRuns(text).flatMap((run) => dictionaryConcepts(run));
}
