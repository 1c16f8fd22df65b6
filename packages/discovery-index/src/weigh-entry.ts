import type { CatalogueEntry } from "./catalogue-entry.ts";
import type { Field, RankingConstants } from "./constants.ts";
import { dictionaryConcepts } from "./lexicon.ts";
import { parameterNames } from "./parameter-names.ts";
import { sanitizeText } from "./sanitize-text.ts";
import type { Run, Tokenizer, Word } from "./tokenize.ts";
import type { Term, Vocabulary } from "./vocabulary.ts";

/** What the index keeps of an entry. */
export interface WeighedEntry {
  /** Its terms; the BM25F pseudo-frequency of each is `tally.weight`, until the next entry is weighed. */
  readonly terms: readonly Term[];
  /** Terms of its name, for what of them a request covers. */
  readonly nameTerms: readonly Term[];
}

/** Weighs entries for one index. */
export interface EntryWeigher {
  weigh(entry: CatalogueEntry): WeighedEntry;
  /** Forgets the terms it remembers, before the vocabulary is swept. */
  forget(): void;
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
export function createWeigher(
  tokenizer: Tokenizer,
  vocabulary: Vocabulary,
  constants: RankingConstants,
): EntryWeigher {
  /** Terms of the runs the tokenizer remembers: counting must not look up each word's key again. */
  let termsOf = new WeakMap<Run, RunTerms>();
  /** Numbers of the field and the entry that tallies are about. */
  let fieldNumber = 0;
  let entryNumber = 0;

  const readRun = (run: Run): RunTerms => {
    let terms = termsOf.get(run);
    if (terms === undefined) {
      terms = runTerms(run, vocabulary);
      termsOf.set(run, terms);
    }
    return terms;
  };

  const count = (term: Term, counted: Term[]): void => {
    const { tally } = term;
    if (tally.field !== fieldNumber) {
      tally.field = fieldNumber;
      tally.count = 1;
      counted.push(term);
    } else if (tally.count < constants.maxOccurrences) tally.count++;
  };

  const weighField = (text: string, field: Field, met: Term[]): void => {
    fieldNumber++;
    const counted: Term[] = [];
    const { weight, pivot, b, maxTokens } = constants.fields[field];
    const isName = NAME_FIELDS.has(field);
    let length = 0;
    let previous: Word | undefined;
    for (const run of tokenizer.runs(text, maxTokens)) {
      const { spoken, silent, spokenWords } = readRun(run);
      const first = run.words[0];
      // `play list` is also asked for as `playlist`.
      if (isName && previous !== undefined && first !== undefined) {
        count(vocabulary.intern(tokenizer.stem(previous.word + first.word)), counted);
      }
      for (const term of spoken) count(term, counted);
      if (isName) for (const term of silent) count(term, counted);
      length += spokenWords;
      previous = run.words.at(-1);
    }
    for (const run of tokenizer.unspacedRuns(text)) {
      for (const key of dictionaryConcepts(run)) count(vocabulary.intern(key), counted);
    }
    const norm = weight / (1 - b + b * Math.min(Math.max(length, 1) / pivot, constants.longest));
    for (const term of counted) {
      const { tally } = term;
      if (tally.entry !== entryNumber) {
        tally.entry = entryNumber;
        tally.weight = 0;
        met.push(term);
      }
      tally.weight += tally.count * norm;
    }
  };

  const spokenTerms = (text: string, maxWords: number): Term[] => {
    const stems = tokenizer.words(text, maxWords).flatMap(({ silent, stem }) => (silent ? [] : [stem]));
    return [...new Set(stems)].map((stem) => vocabulary.intern(stem));
  };

  return {
    weigh: (entry) => {
      entryNumber++;
      const name = nameOf(entry);
      const met: Term[] = [];
      for (const [field, text] of fieldTexts(entry, name)) if (text !== "") weighField(text, field, met);
      return {
        terms: met,
        nameTerms: spokenTerms(name, constants.fields.name.maxTokens),
      };
    },
    forget: () => {
      termsOf = new WeakMap();
    },
  };
}

/** The terms of a run of text: of its words with meaning, its joined words and their concepts; of its other words. */
interface RunTerms {
  readonly spoken: readonly Term[];
  readonly silent: readonly Term[];
  readonly spokenWords: number;
}

function runTerms({ words, joined }: Run, vocabulary: Vocabulary): RunTerms {
  const termsIn = (some: readonly Word[]): Term[] =>
    some.flatMap(({ stem, concepts }) => [stem, ...concepts].map((key) => vocabulary.intern(key)));
  const spoken = words.filter(({ silent }) => !silent);
  return {
    spoken: [...joined.map((key) => vocabulary.intern(key)), ...termsIn(spoken)],
    silent: termsIn(words.filter(({ silent }) => silent)),
    spokenWords: spoken.length,
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
