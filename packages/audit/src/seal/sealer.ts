import { appendFile } from "node:fs/promises";
import { FlowgateError } from "@mcp-flowgate/core";
import type { Clock, Log, SealTable, StoredCheckpoint } from "@mcp-flowgate/core";
import { toExportedHead } from "../file/lead-record.ts";
import { textOfLine } from "../record.ts";
import type { EventText } from "../record.ts";
import type { SigningKey } from "../signing-key.ts";
import { makeSeal } from "./checkpoint.ts";
import type { Delivery } from "./delivery.ts";

/**
 * Takes the unsealed records of a store, hands them to the sinks, and covers them with a signed checkpoint.
 *
 * Owns: the loop, this process's count of the backlog, and the export of heads.
 * Protocol: one process at a time (`claim`); the table lets only the next checkpoint in, so that two that both believe to
 * have the right still make one chain.
 *
 * E1 Records are sealed once all sinks have them (D1), in the order of their positions, whatever order they were
 *    committed in: the table says which are unsealed, no position is taken for the last.
 * E2 A process that ends between its sinks and its checkpoint leaves records that the sinks have and the store has not
 *    sealed. The next one asks the sinks (D2).
 * E3 The head of the chain is exported at most `checkpointMs` after a checkpoint, and at the end.
 * E4 With `refuses`, no room is left once more than `maxUnsealed` records wait.
 */
export interface Sealer {
  /** That many events were committed by this process. */
  committed(events: number): void;
  /** @throws FlowgateError `AUDIT_UNAVAILABLE` (E4). */
  requireRoom(): void;
  hasRoom(): boolean;
  /** What waits, as far as this process knows, and when the oldest of it was made. */
  backlog(): { readonly events: number; readonly oldestAt?: number };
  /** Seals what is there, as far as that can be done now, and ends. */
  stop(): Promise<void>;
}

export interface SealerOptions {
  readonly table: SealTable;
  readonly deliveries: readonly Delivery[];
  readonly key: SigningKey | undefined;
  readonly headsPath: string | undefined;
  readonly checkpointMs: number;
  readonly maxUnsealed: number;
  readonly refuses: boolean;
  /** Whether this process may act: a process that was paused may have lost the right to. */
  readonly isLive: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Under load every checkpoint covers many records; without, nobody waits long for a record. */
const PAUSE_MS = 250;
const IDLE_MS = 1000;
const LAST_RETRY_MS = 5000;
/** Of one checkpoint. */
const BATCH = 1000;
/** The stream of exported heads: the numbers in it are those of checkpoints. */
export const CHECKPOINT_STREAM = "checkpoints";

export function createSealer(options: SealerOptions): Sealer {
  return new StoreSealer(options);
}

class StoreSealer implements Sealer {
  readonly #options: SealerOptions;
  #counted: { readonly events: number; readonly oldestAt?: number } = { events: 0 };
  #since = 0;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = false;
  #failures = 0;
  #unexported: StoredCheckpoint | undefined;
  #cancelPass: (() => void) | undefined;
  #passAt = Number.POSITIVE_INFINITY;
  #cancelExport: (() => void) | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
    this.#schedule(PAUSE_MS);
  }

  committed(events: number): void {
    if (events === 0) return;
    this.#since += events;
    if (this.#failures === 0) this.#schedule(PAUSE_MS);
  }

  requireRoom(): void {
    if (this.hasRoom()) return;
    const failing = this.#options.deliveries.find((delivery) => delivery.failure() !== undefined);
    throw new FlowgateError(
      "AUDIT_UNAVAILABLE",
      `More than ${this.#options.maxUnsealed} audit records wait for ${failing?.sink.kind ?? "their checkpoint"}, and audit.onFailure is fail_closed.`,
    );
  }

  hasRoom(): boolean {
    return !this.#options.refuses || this.backlog().events <= this.#options.maxUnsealed;
  }

  backlog(): { readonly events: number; readonly oldestAt?: number } {
    return { ...this.#counted, events: this.#counted.events + this.#since };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPass?.();
    await this.#running;
    await this.#pass();
    this.#cancelExport?.();
    await this.#exportHead();
  }

  #schedule(ms: number): void {
    const { clock } = this.#options;
    if (this.#isStopped) return;
    if (this.#running !== undefined) {
      this.#isWoken = true;
      return;
    }
    const at = clock.monotonic() + ms;
    if (at >= this.#passAt) return;
    this.#cancelPass?.();
    this.#passAt = at;
    this.#cancelPass = clock.schedule(ms, () => {
      this.#passAt = Number.POSITIVE_INFINITY;
      this.#isWoken = false;
      this.#running = this.#pass().finally(() => {
        this.#running = undefined;
        const retry = Math.min(PAUSE_MS * 2 ** this.#failures, LAST_RETRY_MS);
        this.#schedule(this.#failures > 0 ? retry : this.#isWoken ? PAUSE_MS : IDLE_MS);
      });
    });
  }

  async #pass(): Promise<void> {
    const { table, log } = this.#options;
    try {
      // A process that was held up waits for its next heartbeat.
      if (this.#options.isLive() && (await table.claim())) await this.#sealAll();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      // A sink that fails says so itself, once.
      if (!this.#isSinkFailing()) log.warn("audit records could not be sealed", { error: String(error) });
    }
    await this.#count().catch(() => undefined);
  }

  #isSinkFailing(): boolean {
    return this.#options.deliveries.some((delivery) => delivery.failure() !== undefined);
  }

  async #count(): Promise<void> {
    const before = this.#since;
    this.#counted = await this.#options.table.backlog(this.#options.maxUnsealed + 1);
    this.#since -= before;
  }

  async #sealAll(): Promise<void> {
    const { table } = this.#options;
    let last = await table.last();
    for (;;) {
      const rows = await table.unsealed(BATCH);
      if (rows.length === 0) return;
      const texts = rows.map(({ line }) => textOfLine(line));
      await this.#deliver(texts);
      const records = rows.map(({ position, line }) => ({ position, hash: line.slice(-66, -2) }));
      const seal = makeSeal(last, records, this.#options.key, this.#options.clock.now());
      last = await this.#add(
        seal,
        rows.map(({ position }) => position),
      );
      if (last === undefined) return;
      for (const delivery of this.#options.deliveries) delivery.sealed(texts);
      this.#noteHead(last);
      if (rows.length < BATCH) return;
    }
  }

  async #deliver(texts: readonly EventText[]): Promise<void> {
    if (!this.#options.isLive()) throw new Error("this process may not act before its next heartbeat");
    const results = await Promise.allSettled(
      this.#options.deliveries.map((delivery) => delivery.deliver(texts)),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** @returns the checkpoint once it is there, nothing where another process was faster. */
  async #add(seal: StoredCheckpoint, positions: readonly number[]): Promise<StoredCheckpoint | undefined> {
    const { table } = this.#options;
    if (await table.add(seal, positions)) return seal;
    // A connection that was lost at the commit is asked again, and then it is there already.
    return (await table.last())?.hash === seal.hash ? seal : undefined;
  }

  #noteHead(checkpoint: StoredCheckpoint): void {
    const { clock, checkpointMs, key, headsPath } = this.#options;
    if (key === undefined || headsPath === undefined) return;
    this.#unexported = checkpoint;
    this.#cancelExport ??= clock.schedule(checkpointMs, () => {
      this.#cancelExport = undefined;
      void this.#exportHead();
    });
  }

  async #exportHead(): Promise<void> {
    const { key, headsPath, clock, log } = this.#options;
    const checkpoint = this.#unexported;
    if (checkpoint === undefined || key === undefined || headsPath === undefined) return;
    const { number, hash } = checkpoint;
    const head = toExportedHead({ stream: CHECKPOINT_STREAM, seq: number, hash, file: 0 }, key, clock.now());
    try {
      await appendFile(headsPath, `${JSON.stringify(head)}\n`, { mode: 0o600, flush: true });
      if (this.#unexported === checkpoint) this.#unexported = undefined;
    } catch (error) {
      log.warn("audit heads cannot be exported", { path: headsPath, error: String(error) });
    }
  }
}
