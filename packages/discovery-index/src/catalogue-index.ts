/**
 * The index owns everything that is derived from the catalogue: postings, vocabulary and per-entry weights.
 *
 * Invariants:
 * 1. A live entry has exactly one ordinal; ordinals only grow, so postings stay sorted, and a replaced entry gets
 *    a new one.
 * 2. What an entry contributes depends on the entry alone, never on the others or on the order of arrival. What
 *    depends on the others (document frequencies) is read at search time. So an index that was changed step by
 *    step answers like one built at once.
 * 3. An entry that waits has no ordinal; it is weighed in the order of arrival, before anything of the searching side
 *    is read. So a catalogue that nobody searches costs its entries and no more.
 * 4. Dead ordinals never outnumber live ones by more than a constant: `compact` renumbers before that.
 */
import type { CatalogueEntry } from "./catalogue-entry.ts";
import { compareIds } from "./compare-ids.ts";
import { RANKING, type RankingConstants } from "./constants.ts";
import { foldName } from "./fold-name.ts";
import { appendPosting, removePosting } from "./postings.ts";
import { createTokenizer, type Tokenizer } from "./tokenize.ts";
import { createVocabulary, type Term, type Vocabulary } from "./vocabulary.ts";
import { createWeigher, nameOf, type EntryWeigher } from "./weigh-entry.ts";

/** A searchable catalogue; changed in place, one entry at a time, and searched synchronously. */
export interface DiscoveryIndex {
  /** How many entries it holds. */
  readonly size: number;
  /** The entry with this id, as it was given. */
  get(id: string): CatalogueEntry | undefined;
  /** All ids, ascending by UTF-16 code units. */
  ids(): readonly string[];
  /** Adds an entry, or replaces the one of the same id. Costs as much as the entry is long. */
  add(entry: CatalogueEntry): void;
  /** Takes an entry out; false if there is none of that id. */
  remove(id: string): boolean;
  /** As {@link add}; says that the id is expected to be there. */
  replace(entry: CatalogueEntry): void;
  /** Weighs what was added since the last search; else the next search does. For a moment when nobody waits. */
  prepare(): void;
}

/** What searching needs beyond the public face. */
export interface SearchableIndex extends DiscoveryIndex {
  readonly constants: RankingConstants;
  readonly tokenizer: Tokenizer;
  readonly vocabulary: Vocabulary;
  /** One more than the highest ordinal. */
  readonly capacity: number;
  /** Grows with every change. */
  readonly revision: number;
  /** Zeros, one for each ordinal, in memory that the next search uses again: the same array for the same number. */
  zeros(number: number): Float64Array;
  document(ordinal: number): IndexedDocument | undefined;
  /** Ordinals of entries whose folded id, name or title is this. */
  named(folded: string): Iterable<number>;
  ordinal(id: string): number | undefined;
}

/** What the index keeps of one entry. */
export interface IndexedDocument {
  readonly id: string;
  readonly entry: CatalogueEntry;
  readonly name: string;
  readonly server: number;
  readonly nameTerms: readonly Term[];
  readonly terms: readonly Term[];
  readonly foldedNames: readonly string[];
}

/** Builds an index over a catalogue snapshot. The last of several entries with one id counts. */
export function buildIndex(entries: Iterable<CatalogueEntry>): DiscoveryIndex {
  return createIndex(entries, RANKING);
}

/** As {@link buildIndex} with constants of its own, for measuring what each of them brings. */
export function createIndex(entries: Iterable<CatalogueEntry>, constants: RankingConstants): SearchableIndex {
  const index = new CatalogueIndex(constants);
  for (const entry of entries) index.add(entry);
  return index;
}

/** The searching side of an index that {@link buildIndex} made. */
export function toSearchable(index: DiscoveryIndex): SearchableIndex {
  if (!(index instanceof CatalogueIndex)) throw new TypeError("The index was not made by buildIndex.");
  index.prepare();
  return index;
}

/** Scratch arrays that are kept; requests of many parts use more. */
const MOST_SCRATCH = 8;
/** Entries that may be added before scratch arrays are made anew. */
const SPARE = 256;

class CatalogueIndex implements SearchableIndex {
  readonly constants: RankingConstants;
  readonly tokenizer: Tokenizer = createTokenizer();
  readonly vocabulary: Vocabulary = createVocabulary();
  /** Invariant 3. */
  readonly #waiting = new Map<string, CatalogueEntry>();
  #documents: (IndexedDocument | undefined)[] = [];
  readonly #ordinals = new Map<string, number>();
  readonly #weigher: EntryWeigher;
  readonly #named = new Map<string, number[]>();
  readonly #serverKeys = new Map<string, number>();
  #ids: readonly string[] | undefined;
  #revision = 0;
  readonly #scratch: Float64Array[] = [];

  constructor(constants: RankingConstants) {
    this.constants = constants;
    this.#weigher = createWeigher(this.tokenizer, this.vocabulary, constants);
  }

  get size(): number {
    return this.#ordinals.size + this.#waiting.size;
  }

  get capacity(): number {
    return this.#documents.length;
  }

  zeros(number: number): Float64Array {
    const kept = this.#scratch[number];
    if (kept !== undefined && kept.length >= this.capacity) return kept.subarray(0, this.capacity).fill(0);
    const made = new Float64Array(this.capacity + SPARE);
    if (number < MOST_SCRATCH) this.#scratch[number] = made;
    return made.subarray(0, this.capacity);
  }

  get revision(): number {
    return this.#revision;
  }

  get(id: string): CatalogueEntry | undefined {
    const ordinal = this.#ordinals.get(id);
    return ordinal === undefined ? this.#waiting.get(id) : this.#documents[ordinal]?.entry;
  }

  ids(): readonly string[] {
    this.#ids ??= [...this.#ordinals.keys(), ...this.#waiting.keys()].sort(compareIds);
    return this.#ids;
  }

  ordinal(id: string): number | undefined {
    return this.#ordinals.get(id);
  }

  document(ordinal: number): IndexedDocument | undefined {
    return this.#documents[ordinal];
  }

  named(folded: string): Iterable<number> {
    return folded === "" ? [] : (this.#named.get(folded) ?? []);
  }

  replace(entry: CatalogueEntry): void {
    this.add(entry);
  }

  add(entry: CatalogueEntry): void {
    this.remove(entry.id);
    this.#waiting.set(entry.id, entry);
    this.#ids = undefined;
  }

  prepare(): void {
    if (this.#waiting.size === 0) return;
    for (const entry of this.#waiting.values()) this.#weigh(entry);
    this.#waiting.clear();
  }

  #weigh(entry: CatalogueEntry): void {
    const { terms, nameTerms } = this.#weigher.weigh(entry);
    const ordinal = this.#documents.length;
    const foldedNames = [
      ...new Set([foldName(entry.id), foldName(nameOf(entry)), foldName(entry.title ?? "")]),
    ].filter((name) => name !== "");
    for (const { key, postings, tally } of terms) {
      if (postings.docs.length === 0) this.vocabulary.spellings.add(key);
      appendPosting(postings, ordinal, tally.weight / (this.constants.k1 + tally.weight));
    }
    for (const name of foldedNames) {
      const holders = this.#named.get(name);
      if (holders === undefined) this.#named.set(name, [ordinal]);
      else holders.push(ordinal);
    }
    this.#documents.push({
      id: entry.id,
      entry,
      name: nameOf(entry),
      server: this.#serverOf(entry.server ?? ""),
      nameTerms,
      terms,
      foldedNames,
    });
    this.#ordinals.set(entry.id, ordinal);
    this.#revision++;
  }

  remove(id: string): boolean {
    if (this.#waiting.delete(id)) {
      this.#ids = undefined;
      return true;
    }
    const ordinal = this.#ordinals.get(id);
    const document = ordinal === undefined ? undefined : this.#documents[ordinal];
    if (ordinal === undefined || document === undefined) return false;
    for (const { key, postings } of document.terms) {
      removePosting(postings, ordinal);
      if (postings.docs.length === 0) this.vocabulary.spellings.remove(key);
    }
    for (const name of document.foldedNames) {
      const others = (this.#named.get(name) ?? []).filter((holder) => holder !== ordinal);
      if (others.length > 0) this.#named.set(name, others);
      else this.#named.delete(name);
    }
    this.#documents[ordinal] = undefined;
    this.#ordinals.delete(id);
    this.#ids = undefined;
    this.#revision++;
    if (this.#documents.length > 2 * this.#ordinals.size + 1024) this.#compact();
    return true;
  }

  /**
   * Upholds invariant 4: renumbers the live documents in their order, so postings stay sorted, and lets go of the
   * terms that nothing has any more.
   */
  #compact(): void {
    const renumbered = new Int32Array(this.#documents.length).fill(-1);
    const live: IndexedDocument[] = [];
    for (const [ordinal, document] of this.#documents.entries()) {
      if (document === undefined) continue;
      renumbered[ordinal] = live.length;
      this.#ordinals.set(document.id, live.length);
      live.push(document);
    }
    this.#documents = live;
    this.#weigher.forget();
    this.vocabulary.sweep();
    for (const { postings } of this.vocabulary.all()) {
      const { docs } = postings;
      for (let at = 0; at < docs.length; at++) docs[at] = renumbered[docs[at] as number] as number;
    }
    for (const [name, holders] of this.#named) {
      this.#named.set(
        name,
        holders.map((ordinal) => renumbered[ordinal] as number),
      );
    }
  }

  #serverOf(key: string): number {
    const known = this.#serverKeys.get(key);
    if (known !== undefined) return known;
    this.#serverKeys.set(key, this.#serverKeys.size);
    return this.#serverKeys.size - 1;
  }
}
