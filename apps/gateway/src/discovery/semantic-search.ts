/**
 * Search by meaning: keeps a vector for what the catalogue holds, and gets one for a query.
 *
 * It owns the vectors, their file and the state of the service.
 * Protocol: `open` reads the file; `ask` before a search gives what is known, and notices by itself that the catalogue
 * changed; new texts are sent in the background, a batch after the other.
 * - M1 `ask` never rejects and takes no longer than `timeoutMs`; what it cannot say is left out, and words decide.
 * - M2 A service that failed is left alone for a while that grows with each failure, by searches too: they do not wait
 *   for it then. One batch and a fixed number of queries are under way at most.
 * - M3 Vectors of one length only are kept: an answer of another length counts as a failure.
 * - M4 No more than `maxItems` vectors are held, those of the present catalogue before others.
 */
import type { Clock, Digest, EmbeddingsIr, Log } from "@mcp-flowgate/core";
import {
  type CatalogueEntry,
  type DiscoveryIndex,
  type Meaning,
  sanitizeText,
} from "@mcp-flowgate/discovery-index";
import type { Embedder } from "./embedder.ts";
import { readVectors, writeVectors } from "./vector-file.ts";

export interface SemanticSearch {
  /** Reads the vectors of an earlier run and begins with what is missing. */
  open(index: DiscoveryIndex): Promise<void>;
  /** What is known of a query in time; undefined leaves the answer to the words. */
  ask(query: string, index: DiscoveryIndex): Promise<Meaning | undefined>;
  /** For operators. It says nothing of whether the gateway is ready: it is, without vectors too. */
  status(): SemanticStatus;
  close(): Promise<void>;
}

export interface SemanticStatus {
  readonly items: number;
  readonly vectors: number;
  /** Why the service is left alone at present. */
  readonly failing?: string;
}

const MOST_TEXT = 2_000;
const REMEMBERED_QUERIES = 512;
const MOST_QUERIES_UNDER_WAY = 8;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Batches between two writes of the file, so that a long first run is not lost with the process. */
const BATCHES_PER_WRITE = 64;

export function createSemanticSearch(options: {
  readonly settings: EmbeddingsIr;
  readonly embedder: Embedder;
  /** Where vectors are kept over restarts, if anywhere. */
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly log: Log;
}): SemanticSearch {
  return new VectorSearch(options);
}

type Options = Parameters<typeof createSemanticSearch>[0];

class VectorSearch implements SemanticSearch {
  readonly #options: Options;
  readonly #closing = new AbortController();
  /** By the hash of model and text; those used last are at the end. */
  #vectors = new Map<string, Float32Array>();
  /** Of the entries of the present catalogue: gone with them. */
  #byEntry = new WeakMap<CatalogueEntry, Float32Array>();
  readonly #hashes = new WeakMap<CatalogueEntry, string>();
  readonly #queries = new Map<string, Float32Array>();
  #underWay = 0;
  /** The ids of the catalogue that was looked at last: an index gives a new list after every change. */
  #seen: readonly string[] | undefined;
  #refreshing: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  #pausedUntil = 0;
  #reason: string | undefined;
  #isOverfull = false;
  #items = 0;
  /** Whether the last look at the catalogue ended before every entry had its vector. */
  #isIncomplete = false;

  constructor(options: Options) {
    this.#options = options;
  }

  async open(index: DiscoveryIndex): Promise<void> {
    const { file, settings, log } = this.#options;
    if (file !== undefined) {
      const read = await readVectors(file, settings.model);
      if (read.ok) for (const [hash, vector] of read.value) this.#vectors.set(hash, vector);
      else log.warn("the kept vectors cannot be used; they are made anew", { file, reason: read.error });
    }
    this.#notice(index);
  }

  async ask(query: string, index: DiscoveryIndex): Promise<Meaning | undefined> {
    this.#notice(index);
    if (this.#vectors.size === 0) return undefined;
    const vector = await this.#queryVector(toText([query]));
    if (vector === undefined) return undefined;
    return {
      least: this.#options.settings.minSimilarity,
      similarity: (entry) => {
        const own = this.#byEntry.get(entry);
        return own?.length === vector.length ? dot(own, vector) : undefined;
      },
    };
  }

  status(): SemanticStatus {
    return {
      items: this.#items,
      vectors: this.#vectors.size,
      ...(this.#reason === undefined ? {} : { failing: this.#reason }),
    };
  }

  async close(): Promise<void> {
    this.#cancelRetry?.();
    this.#closing.abort();
    await this.#refreshing;
  }

  #notice(index: DiscoveryIndex): void {
    if (this.#closing.signal.aborted || this.#refreshing !== undefined || index.ids() === this.#seen) return;
    if (this.#options.clock.monotonic() < this.#pausedUntil) return;
    this.#cancelRetry?.();
    this.#refreshing = this.#refresh(index)
      .catch((error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.#refreshing = undefined;
        if (this.#closing.signal.aborted) return;
        if (this.#isIncomplete) this.#retryLater(index);
        else this.#notice(index);
      });
  }

  #retryLater(index: DiscoveryIndex): void {
    const { clock } = this.#options;
    this.#seen = undefined;
    const wait = Math.max(0, this.#pausedUntil - clock.monotonic());
    this.#cancelRetry = clock.schedule(wait + 1, () => this.#notice(index));
  }

  /** Gives every entry its vector: the kept ones at once, the others as the service sends them. */
  async #refresh(index: DiscoveryIndex): Promise<void> {
    const { settings, embedder, log } = this.#options;
    this.#seen = index.ids();
    this.#items = index.size;
    this.#isIncomplete = true;
    const missing = this.#assign(index);
    this.#sayOverfull(index.size);
    let batches = 0;
    for (let at = 0; at < missing.length; at += settings.batchSize) {
      const batch = missing.slice(at, at + settings.batchSize);
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(settings.batchTimeoutMs)]);
      const embedded = await embedder.embed(
        batch.map(({ text }) => text),
        signal,
      );
      if (this.#closing.signal.aborted) return await this.#write();
      const problem = embedded.ok ? this.#lengthProblem(embedded.value[0]) : embedded.error;
      if (!embedded.ok || problem !== undefined) {
        this.#fail(problem ?? "");
        if (batches > 0) await this.#write();
        return;
      }
      this.#succeed();
      for (const [place, { entry, hash }] of batch.entries()) {
        const vector = embedded.value[place] as Float32Array;
        this.#vectors.set(hash, vector);
        this.#byEntry.set(entry, vector);
      }
      if (++batches % BATCHES_PER_WRITE === 0) await this.#write();
    }
    this.#isIncomplete = false;
    if (batches === 0) return;
    await this.#write();
    log.info("the catalogue is ready for search by meaning", {
      vectors: this.#vectors.size,
      items: index.size,
    });
  }

  /** Entries that have no vector yet, in id order, as many as there is room for. */
  #assign(
    index: DiscoveryIndex,
  ): { readonly entry: CatalogueEntry; readonly hash: string; readonly text: string }[] {
    const { settings } = this.#options;
    const missing: { entry: CatalogueEntry; hash: string; text: string }[] = [];
    const kept = new Map<string, Float32Array>();
    for (const id of index.ids()) {
      const entry = index.get(id);
      if (entry === undefined || kept.size + missing.length >= settings.maxItems) continue;
      const hash = this.#hashOf(entry);
      const vector = this.#vectors.get(hash);
      if (vector === undefined) missing.push({ entry, hash, text: toText(textsOf(entry)) });
      else {
        kept.set(hash, vector);
        this.#byEntry.set(entry, vector);
      }
    }
    // What the present catalogue does not use comes back when a server does, as long as there is room.
    const room = settings.maxItems - kept.size - missing.length;
    const unused = [...this.#vectors].filter(([hash]) => !kept.has(hash));
    this.#vectors = new Map([...(room > 0 ? unused.slice(-room) : []), ...kept]);
    return missing;
  }

  #hashOf(entry: CatalogueEntry): string {
    const { settings, digest } = this.#options;
    let hash = this.#hashes.get(entry);
    if (hash === undefined) {
      hash = digest.sha256(`${settings.model}\n${toText(textsOf(entry))}`);
      this.#hashes.set(entry, hash);
    }
    return hash;
  }

  async #queryVector(text: string): Promise<Float32Array | undefined> {
    const { settings, clock, embedder } = this.#options;
    const known = this.#queries.get(text);
    if (known !== undefined) return known;
    if (clock.monotonic() < this.#pausedUntil || this.#underWay >= MOST_QUERIES_UNDER_WAY) return undefined;
    this.#underWay++;
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(settings.timeoutMs)]);
      const embedded = await embedder.embed([text], signal);
      if (this.#closing.signal.aborted) return undefined;
      const problem = embedded.ok ? this.#lengthProblem(embedded.value[0]) : embedded.error;
      if (!embedded.ok || problem !== undefined) {
        this.#fail(problem ?? "");
        return undefined;
      }
      this.#succeed();
      const vector = embedded.value[0] as Float32Array;
      this.#queries.set(text, vector);
      const [oldest] = this.#queries.keys();
      if (this.#queries.size > REMEMBERED_QUERIES && oldest !== undefined) this.#queries.delete(oldest);
      return vector;
    } finally {
      this.#underWay--;
    }
  }

  #lengthProblem(vector: Float32Array | undefined): string | undefined {
    const [held] = this.#vectors.values();
    if (held === undefined || vector?.length === held.length) return undefined;
    const { file } = this.#options;
    return `its vectors have ${vector?.length ?? 0} numbers, those kept ${held.length}${file === undefined ? "" : `; if the model behind the name changed, stop the gateway and remove ${file}`}`;
  }

  #fail(reason: string): void {
    const { clock, log } = this.#options;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures++;
    this.#pausedUntil = clock.monotonic() + pause;
    if (this.#reason === undefined)
      log.warn("the embeddings service fails; search is by words until it answers", { reason });
    this.#reason = reason;
  }

  #succeed(): void {
    if (this.#reason !== undefined) this.#options.log.info("the embeddings service answers again");
    this.#failures = 0;
    this.#pausedUntil = 0;
    this.#reason = undefined;
  }

  #sayOverfull(items: number): void {
    const { settings, log } = this.#options;
    if (items > settings.maxItems && !this.#isOverfull)
      log.warn(
        "the catalogue is larger than discovery.embeddings.maxItems; the rest is found by words only",
        {
          items,
          maxItems: settings.maxItems,
        },
      );
    this.#isOverfull = items > settings.maxItems;
  }

  async #write(): Promise<void> {
    const { file, settings, log } = this.#options;
    if (file === undefined) return;
    const written = await writeVectors(file, settings.model, this.#vectors);
    if (!written.ok) log.warn("the vectors cannot be kept", { file, reason: written.error });
  }
}

/** What the service is told of an entry: what people wrote about it, nothing of how it is reached or guarded. */
function textsOf(entry: CatalogueEntry): readonly string[] {
  return [
    entry.title ?? entry.name ?? entry.id,
    entry.description ?? "",
    ...(entry.aliases ?? []),
    ...(entry.examples ?? []),
    ...(entry.goals ?? []),
  ];
}

function toText(texts: readonly string[]): string {
  const parts = texts.map((text) => sanitizeText(text, MOST_TEXT).trim()).filter((text) => text !== "");
  return parts.join("\n").slice(0, MOST_TEXT).toWellFormed();
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += (left[at] as number) * (right[at] as number);
  return sum;
}
