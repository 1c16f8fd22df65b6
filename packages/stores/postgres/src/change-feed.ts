import { parseJson, type Clock, type Log } from "@mcp-flowgate/core";
import { createListeners, type Listeners } from "@mcp-flowgate/store-sql";
import type { Client, Notification } from "pg";
import type { Database, Statement } from "./database.ts";
import { fromKey, toKey } from "./keys.ts";

/**
 * Owns: the listeners of this process, how far it has seen what others wrote, and a connection that hints arrive over.
 *
 * F1 Every transaction leaves a row for each instance that it changed. The truth is those rows: while somebody listens,
 *    they are asked for once a second, between the snapshot of the last time and the one of this time, which misses no
 *    transaction, in whatever order they commit.
 * F2 A notification after the commit is a hint, so that others need not wait for their next look. It is sent outside of
 *    the transaction, several at a time; a lost one costs a second.
 * F3 Whether hints arrive is tried out: through some poolers they do not. Then the rows are asked for more often.
 * A change may be announced twice, but never not at all.
 */
export interface ChangeFeed {
  listen(listener: (workflowId: string) => void): () => void;
  /** Of a transaction of this process, after its commit. */
  announce(workflowIds: readonly string[]): void;
  /** With every heartbeat: lets rows go that everybody has seen, and finds out whether hints arrive. */
  beat(): Promise<void>;
  close(): Promise<void>;
}

export interface ChangeFeedOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly epoch: number;
  /** Whether there may be a connection for hints. */
  readonly hints: boolean;
}

const CHANNEL = "mcp_flowgate";
const POLL_MS = 1_000;
const POLL_WITHOUT_HINTS_MS = 400;
const RECONNECT_MS = 1_000;
/** What changes in so short a time is told at once. */
const GATHER_MS = 5;
/** Between two hints: each is a transaction of its own, and under load as many as commits would cost as much as those. */
const TELL_EVERY_MS = 25;
/** The server refuses 8,000 bytes. */
const MAX_PAYLOAD = 7_000;
/** Rows are kept for as long as a process may be cut off from the database and still hear of every change. */
const KEPT_MS = 120_000;

const SNAPSHOT: Statement = { name: "snapshot", text: "SELECT pg_current_snapshot()::text AS snapshot" };
const CHANGED: Statement = {
  name: "changed",
  text: `SELECT pg_current_snapshot()::text AS snapshot, ARRAY(
      SELECT DISTINCT wf_id FROM mcp_flowgate.change WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot)
        AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot) AND epoch <> $2::bigint
    ) AS ids`,
};
const FORGET: Statement = {
  name: "forget_changes",
  text: "DELETE FROM mcp_flowgate.change WHERE xid < pg_snapshot_xmin($1::text::pg_snapshot)",
};
/** Rows with numbers that the server has yet to give came from another one, by a dump. */
const FORGET_FOREIGN: Statement = {
  name: "",
  text: "DELETE FROM mcp_flowgate.change WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())",
};
const NOTIFY: Statement = { name: "notify", text: `SELECT pg_notify('${CHANNEL}', $1)` };

export async function createChangeFeed(options: ChangeFeedOptions): Promise<ChangeFeed> {
  await options.database.read(FORGET_FOREIGN);
  const [row] = await options.database.read<{ snapshot: string }>(SNAPSHOT);
  const feed = new TableFeed(options, row?.snapshot ?? "");
  if (options.hints) await feed.hear();
  return feed;
}

class TableFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #listeners: Listeners;
  readonly #toTell = new Set<string>();
  readonly #past: { readonly at: number; readonly snapshot: string }[] = [];
  #seen: string;
  #polling: NodeJS.Timeout | undefined;
  #isPolling = false;
  #telling: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #reconnecting: NodeJS.Timeout | undefined;
  #client: Client | undefined;
  #isHeard = false;
  #hasSaidDeaf = false;
  #isClosed = false;

  constructor(options: ChangeFeedOptions, snapshot: string) {
    this.#options = options;
    this.#listeners = createListeners(options.log);
    this.#seen = snapshot;
  }

  listen(listener: (workflowId: string) => void): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#polling === undefined) this.#planPoll();
    return remove;
  }

  announce(workflowIds: readonly string[]): void {
    this.#listeners.call(workflowIds);
    if (!this.#options.hints || this.#isClosed) return;
    for (const id of workflowIds) this.#toTell.add(id);
    if (this.#telling !== undefined) return;
    const pause = Math.max(GATHER_MS, this.#toldAt + TELL_EVERY_MS - performance.now());
    this.#telling = setTimeout(() => void this.#tell(), pause).unref();
  }

  async beat(): Promise<void> {
    const { database, clock, hints } = this.#options;
    if (this.#listeners.size === 0) await this.#poll();
    const now = clock.monotonic();
    this.#past.push({ at: now, snapshot: this.#seen });
    let old: string | undefined;
    while ((this.#past[0]?.at ?? now) < now - KEPT_MS) old = this.#past.shift()?.snapshot;
    if (old !== undefined) await database.read(FORGET, [old]);
    if (hints) await this.#tryHints();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#polling);
    clearTimeout(this.#telling);
    clearTimeout(this.#reconnecting);
    this.#listeners.clear();
    if (this.#toTell.size > 0) await this.#tell();
    const client = this.#client;
    if (client === undefined) return;
    hold(client, "ref");
    await client.end().catch(() => undefined);
  }

  /** Opens the connection for hints; where it ends, another one is opened. */
  async hear(): Promise<void> {
    try {
      const client = await this.#options.database.connectAlone();
      if (this.#isClosed) return await client.end();
      this.#client = client;
      client.on("notification", (notification) => this.#onHint(notification));
      client.on("end", () => this.#onDeaf());
      await client.query(`LISTEN ${CHANNEL}`);
      // From here on it only hears, which is no reason for the process to stay.
      hold(client, "unref");
      await this.#tryHints();
    } catch (thrown) {
      this.#options.log.debug("no connection for the store's notifications", { error: String(thrown) });
      this.#onDeaf();
    }
  }

  #onDeaf(): void {
    this.#isHeard = false;
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => undefined);
    if (this.#isClosed || this.#reconnecting !== undefined) return;
    this.#reconnecting = setTimeout(() => {
      this.#reconnecting = undefined;
      void this.hear();
    }, RECONNECT_MS).unref();
  }

  #onHint({ payload = "" }: Notification): void {
    try {
      const { from, ids } = parseJson(payload) as { from: number; ids?: readonly string[] };
      if (from === this.#options.epoch) this.#isHeard = true;
      else this.#listeners.call((ids ?? []).map(fromKey));
    } catch {
      // Whoever writes to the channel without knowing its form tells us nothing.
    }
  }

  /** A hint to itself, which also tells that those of others arrive. It may take its time: it is looked at with the next beat. */
  async #tryHints(): Promise<void> {
    if (this.#client !== undefined && !this.#isHeard && !this.#hasSaidDeaf && this.#past.length > 1) {
      this.#hasSaidDeaf = true;
      this.#options.log.info(
        "the store's notifications do not arrive, as through a transaction pooler; it looks for changes more often instead",
      );
    }
    await this.#options.database.read(NOTIFY, [JSON.stringify({ from: this.#options.epoch })]);
  }

  async #tell(): Promise<void> {
    this.#telling = undefined;
    this.#toldAt = performance.now();
    const ids = [...this.#toTell].map(toKey);
    this.#toTell.clear();
    try {
      for (const payload of toPayloads(this.#options.epoch, ids))
        await this.#options.database.read(NOTIFY, [payload]);
    } catch (thrown) {
      this.#options.log.debug("others were not told of changes, and will find them", {
        error: String(thrown),
      });
    }
  }

  #planPoll(): void {
    const pause = this.#isHeard ? POLL_MS : POLL_WITHOUT_HINTS_MS;
    this.#polling = setTimeout(() => {
      void this.#poll().finally(() => {
        this.#polling = undefined;
        if (this.#listeners.size > 0 && !this.#isClosed) this.#planPoll();
      });
    }, pause).unref();
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      const { database, epoch } = this.#options;
      const [row] = await database.read<{ snapshot: string; ids: string[] }>(CHANGED, [this.#seen, epoch]);
      if (row === undefined) return;
      this.#seen = row.snapshot;
      this.#listeners.call(row.ids.map(fromKey));
    } catch (thrown) {
      this.#options.log.debug("changes by other processes could not be read", { error: String(thrown) });
    } finally {
      this.#isPolling = false;
    }
  }
}

/** Whether the connection keeps the process alive. */
function hold(client: Client, how: "ref" | "unref"): void {
  (client as unknown as Record<typeof how, () => void>)[how]();
}

function toPayloads(from: number, ids: readonly string[]): readonly string[] {
  const payloads: string[] = [];
  let part: string[] = [];
  let size = 0;
  for (const id of ids) {
    const bytes = Buffer.byteLength(JSON.stringify(id)) + 1;
    // One that is longer than a payload is found by those who look.
    if (bytes > MAX_PAYLOAD) continue;
    if (size + bytes > MAX_PAYLOAD) {
      payloads.push(JSON.stringify({ from, ids: part }));
      part = [];
      size = 0;
    }
    part.push(id);
    size += bytes;
  }
  return part.length === 0 ? payloads : [...payloads, JSON.stringify({ from, ids: part })];
}
