import type { CatalogueEntry } from "./catalogue-entry.ts";
import type { Field, RankingConstants } from "./constants.ts";
import { dictionaryConcepts } from "./lexicon.ts";
import { parameterNames } from "./parameter-names.ts";
import { sanitizeText } from "./sanitize-text.ts";
import type { Tokenizer, Word } from "./tokenize.ts";

/** What the index keeps of an entry. */
export interface AnalysedEntry {
  /** Term key to BM25F pseudo-frequency, before saturation. */
  readonly weights: ReadonlyMap<string, number>;
  /** Stems of its name and of its server's title, for what of them a request covers. */
  readonly nameTerms: readonly string[];
  readonly serverTerms: readonly string[];
}

/** Most characters of one field that are looked at; a description of 10 MB costs no more than one of 8 kB. */
const MAX_FIELD_CHARACTERS = 8_000;
const MAX_LIST_ITEMS = 64;
/** Fields that are names: their neighbouring words are often written as one, and their function words count. */
const NAME_FIELDS: ReadonlySet<Field> = new Set(["name", "title", "server", "serverTitle", "aliases"]);

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
  const name = nameOf(entry);
  const weights = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [field, text] of fieldTexts(entry, name)) {
    if (text !== "") addField(weights, counts, text, field, tokenizer, constants);
  }
  const server = bounded(entry.serverTitle) || bounded(entry.server);
  return {
    weights,
    nameTerms: spokenStems(name, tokenizer, constants.fields.name.maxTokens),
    serverTerms: spokenStems(server, tokenizer, constants.fields.serverTitle.maxTokens),
  };
}

/** The name that is ranked: the given one, else the id. */
export function nameOf(entry: CatalogueEntry): string {
  return bounded(entry.name ?? entry.id);
}

/** Every field as one bounded text. */
function fieldTexts(entry: CatalogueEntry, name: string): readonly (readonly [Field, string])[] {
  return [
    ["name", name],
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

/** Adds the weighted occurrences of a field's words, joined words and concepts; `counts` is scratch. */
function addField(
  weights: Map<string, number>,
  counts: Map<string, number>,
  text: string,
  field: Field,
  tokenizer: Tokenizer,
  constants: RankingConstants,
): void {
  counts.clear();
  const count = (key: string): void => {
    const seen = counts.get(key) ?? 0;
    if (seen < constants.maxOccurrences) counts.set(key, seen + 1);
  };
  const isName = NAME_FIELDS.has(field);
  const { weight, pivot, b, maxTokens } = constants.fields[field];
  let length = 0;
  let previous: Word | undefined;
  for (const { words, joined } of tokenizer.runs(text, maxTokens)) {
    const first = words[0];
    // `GitHub` and `play list` are also asked for as `github` and `playlist`.
    if (isName && previous !== undefined && first !== undefined)
      count(tokenizer.stem(previous.word + first.word));
    for (const key of joined) count(key);
    for (const { stem, silent, concepts } of words) {
      if (!silent) length++;
      else if (!isName) continue;
      count(stem);
      for (const key of concepts) count(key);
    }
    previous = words.at(-1);
  }
  for (const run of tokenizer.unspacedRuns(text)) for (const key of dictionaryConcepts(run)) count(key);
  const ratio = Math.min(Math.max(length, 1) / pivot, constants.longest);
  const norm = weight / (1 - b + b * ratio);
  for (const [key, occurrences] of counts) weights.set(key, (weights.get(key) ?? 0) + occurrences * norm);
}

/** Stems of the words that carry meaning, each once. */
function spokenStems(text: string, tokenizer: Tokenizer, maxWords: number): string[] {
  const spoken = tokenizer.words(text, maxWords).filter(({ silent }) => !silent);
  return [...new Set(spoken.map(({ stem }) => stem))];
}
