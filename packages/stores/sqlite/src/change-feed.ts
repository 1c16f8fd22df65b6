import type { Log } from "@mcp-flowgate/core";
import { createListeners, type Listeners } from "@mcp-flowgate/store-sql";
import type Database from "better-sqlite3";
import type { CommitQueue } from "./commit-queue.ts";
import type { OpenedDatabase } from "./database.ts";
import { and, eq, gt, ne, sql } from "./drizzle.ts";
import { fromKey } from "./keys.ts";
import type { PreparedRows } from "./prepared.ts";
import { counters, workflows } from "./schema.ts";
import type { ChangeMark } from "./write.ts";

/**
 * Owns: the listeners of this process, and how far it has seen what others wrote.
 *
 * Own batches are announced after their commit. Those of other processes are noticed by asking, a few times a second
 * and only while somebody listens, whether the file changed: that costs some microseconds and takes no write lock.
 * Where it did, the rows with a later mark than the last one seen are announced. Marks grow in the order of commits,
 * as only one transaction writes at a time. A change may be announced twice, but never not at all.
 */
export interface ChangeFeed {
  listen(listener: (workflowId: string) => void): () => void;
  announce(workflowIds: readonly string[]): void;
  /** A mark later than those of all transactions before. Only inside the one that uses it. */
  mark(): ChangeMark;
  close(): void;
}

export interface ChangeFeedOptions {
  readonly opened: OpenedDatabase;
  readonly queue: CommitQueue;
  readonly log: Log;
  /** The epoch of this process. */
  readonly epoch: number;
}

const POLL_MS = 200;

export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  return new PolledFeed(options);
}

class PolledFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #listeners: Listeners;
  readonly #dataVersion: Database.Statement<[], number>;
  readonly #raise: PreparedRows<{ value: number }>;
  readonly #selectMark: PreparedRows<{ value: number }>;
  readonly #selectChanged: PreparedRows<{ id: string }>;
  #marked: { readonly generation: number; readonly mark: ChangeMark } | undefined;
  #seenVersion: number;
  #seenMark: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChangeFeedOptions) {
    const { sqlite, db, prepare } = options.opened;
    const isMark = eq(counters.name, "change");
    this.#options = options;
    this.#listeners = createListeners(options.log);
    this.#dataVersion = sqlite.prepare<[], number>("PRAGMA data_version").pluck();
    this.#raise = prepare.rows(
      db
        .update(counters)
        .set({ value: sql`${counters.value} + 1` })
        .where(isMark)
        .returning({ value: counters.value }),
      ["value"],
    );
    this.#selectMark = prepare.rows(db.select({ value: counters.value }).from(counters).where(isMark), [
      "value",
    ]);
    this.#selectChanged = prepare.rows(
      db
        .select({ id: workflows.id })
        .from(workflows)
        .where(and(gt(workflows.changed, sql.placeholder("mark")), ne(workflows.changedBy, options.epoch))),
      ["id"],
    );
    this.#seenVersion = this.#dataVersion.get() ?? 0;
    this.#seenMark = this.#selectMark.get()?.value ?? 0;
  }

  listen(listener: (workflowId: string) => void): () => void {
    const remove = this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS).unref();
    return () => {
      remove();
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  announce(workflowIds: readonly string[]): void {
    this.#listeners.call(workflowIds);
  }

  mark(): ChangeMark {
    const generation = this.#options.queue.generation();
    if (this.#marked?.generation !== generation) {
      const changed = this.#raise.get()?.value ?? 0;
      this.#marked = { generation, mark: { changed, changedBy: this.#options.epoch } };
    }
    return this.#marked.mark;
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    try {
      const version = this.#dataVersion.get() ?? 0;
      if (version === this.#seenVersion) return;
      // What is committed after the mark was read is announced now or at the next poll.
      const mark = this.#selectMark.get()?.value ?? 0;
      const changed = this.#selectChanged.all({ mark: this.#seenMark });
      this.#seenMark = mark;
      this.#seenVersion = version;
      this.announce(changed.map(({ id }) => fromKey(id)));
    } catch (thrown) {
      this.#options.log.debug("changes by other processes could not be read", { error: String(thrown) });
    }
  }
}
