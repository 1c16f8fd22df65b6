/**
 * Learning from use: counts which found thing was started after which words, and nothing else.
 *
 * It owns the counts and their file. Protocol: `searched` remembers for a short while what a caller was shown; `started`
 * credits the newest of those searches that showed what was started.
 * - U1 A search credits a thing once at most, and only if it showed it: nobody counts what was not found by its words.
 * - U2 Tenants have counts of their own; what is counted for one changes no answer of another.
 * - U3 Everything is bounded: callers remembered, tenants, pairs of word and thing in a tenant, a count.
 * - U4 The file is read, changed and replaced as a whole, so that gateways that share one add to each other's counts.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock, JsonObject, Log, Principal } from "@mcp-flowgate/core";
import { queryTerms, type Learned } from "@mcp-flowgate/discovery-index";
import {
  addPair,
  createCounts,
  fromUsageJson,
  mergeCounts,
  toUsageJson,
  type UsageCounts,
} from "./usage-counts.ts";

export interface Usage {
  /** What search should know for a caller of this tenant. */
  learned(tenant: string): Learned;
  searched(principal: Principal, query: string, shown: readonly string[]): void;
  /** A start that was not refused and did not fail. */
  started(principal: Principal, id: string): void;
  /** Everything that is counted, for operators. */
  show(): Promise<JsonObject>;
  /** Forgets all counts, here and in the file. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const MOST_CALLERS = 1_000;
const SEARCHES_PER_CALLER = 4;
const REMEMBERED_MS = 10 * 60_000;
const WRITE_AFTER_MS = 2_000;

interface Shown {
  readonly terms: readonly string[];
  readonly ids: Set<string>;
  readonly at: number;
}

/** Without a file the counts last as long as the process. */
export function createUsage(options: {
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Usage {
  return new CountedUsage(options);
}

class CountedUsage implements Usage {
  readonly #file: string | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  #counts: UsageCounts = createCounts();
  /** What was counted since the file was written. */
  #unwritten: UsageCounts = createCounts();
  readonly #callers = new Map<string, Shown[]>();
  #cancelWrite: (() => void) | undefined;
  /** Reads and writes of the file, one after the other. */
  #filing: Promise<void>;

  constructor({ file, clock, log }: Parameters<typeof createUsage>[0]) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
    this.#filing = this.#sync();
  }

  learned(tenant: string): Learned {
    return { starts: (term, id) => this.#counts.get(tenant)?.get(term)?.get(id) ?? 0 };
  }

  searched({ tenant, subject }: Principal, query: string, shown: readonly string[]): void {
    const terms = queryTerms(query);
    if (terms.length === 0 || shown.length === 0) return;
    const caller = JSON.stringify([tenant, subject]);
    const before = this.#callers.get(caller) ?? [];
    this.#callers.delete(caller);
    const search = { terms, ids: new Set(shown), at: this.#clock.monotonic() };
    this.#callers.set(caller, [...before, search].slice(-SEARCHES_PER_CALLER));
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > MOST_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
  }

  started({ tenant, subject }: Principal, id: string): void {
    const since = this.#clock.monotonic() - REMEMBERED_MS;
    const searches = this.#callers.get(JSON.stringify([tenant, subject])) ?? [];
    const search = searches.findLast(({ ids, at }) => at >= since && ids.has(id));
    if (search === undefined) return;
    search.ids.delete(id);
    for (const term of search.terms) {
      addPair(this.#counts, { tenant, term, id, starts: 1 });
      addPair(this.#unwritten, { tenant, term, id, starts: 1 });
    }
    if (this.#file !== undefined)
      this.#cancelWrite ??= this.#clock.schedule(WRITE_AFTER_MS, () => void this.#write());
  }

  async show(): Promise<JsonObject> {
    await this.#write();
    return { ...(this.#file === undefined ? {} : { file: this.#file }), ...toUsageJson(this.#counts) };
  }

  async reset(): Promise<void> {
    this.#filing = this.#filing.then(async () => {
      this.#counts = createCounts();
      this.#unwritten = createCounts();
      this.#callers.clear();
      if (this.#file !== undefined) await rm(this.#file, { force: true });
    });
    await this.#filing;
  }

  async close(): Promise<void> {
    await this.#write();
  }

  #write(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    return (this.#filing = this.#filing.then(() => this.#sync()));
  }

  /** Takes what others wrote meanwhile, adds what is new here, and puts the sum in the file's place. Never rejects. */
  async #sync(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      const written = fromUsageJson(await readText(file));
      if (written === undefined)
        this.#log.warn("the counts of discovery.learn cannot be read; they begin anew", { file });
      const counts = written ?? createCounts();
      const isNew = this.#unwritten.size > 0;
      mergeCounts(counts, this.#unwritten);
      this.#counts = counts;
      this.#unwritten = createCounts();
      if (!isNew) return;
      const draft = `${file}.${process.pid}.tmp`;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(draft, JSON.stringify(toUsageJson(counts)), { mode: 0o600 });
      await rename(draft, file);
    } catch (error) {
      this.#log.warn("the counts of discovery.learn cannot be kept", {
        file,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
