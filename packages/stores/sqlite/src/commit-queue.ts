import type Database from "better-sqlite3";
import { isBusy, movedError } from "./store-error.ts";

/**
 * Owns: the write lock of the file, and the order of this process's writes.
 *
 * Work is collected and runs in one transaction, so that many callers share one flush to the disk. The first piece
 * starts the transaction as soon as the event loop is free, or, where the last group was larger than what waits now, up
 * to 2 ms later. While another process holds the lock the event loop goes on, and what comes meanwhile joins the group.
 *
 * Q1 Nobody hears anything before the transaction is committed and flushed: answers are about durable rows.
 * Q2 A piece that throws leaves nothing behind and fails its own caller alone. Hardly any does: a group whose pieces
 *    can all be run again runs without savepoints first, and, where that failed, once more with them.
 * Q3 Where the transaction is lost, every piece of it fails, and none of it was applied.
 * Q4 The connection is never in a transaction between two turns of the event loop.
 */
export interface CommitQueue {
  /**
   * Runs `work` inside a transaction and resolves with its result once that is durable.
   * @param runs `again` where `work` may be run a second time after the first was undone: beyond the file it changes
   *   nothing but what is forgotten in doubt ({@link onDoubt}).
   */
  add<T>(work: () => T, runs?: "once" | "again"): Promise<T>;
  /** Changes with every transaction, and whenever a piece of one is undone: what was written under an equal one stands. */
  generation(): number;
  /**
   * Calls `listener` whenever what this process remembers of the file may no longer be so: another process has written,
   * or a transaction or a piece of one was undone. Noticed before each transaction begins, and by {@link notice}.
   */
  onDoubt(listener: () => void): void;
  /** Calls `listener` inside the transaction when pieces have run, before they are kept; what it throws is theirs. */
  onRun(listener: () => void): void;
  /** Looks whether another process has written. Inside a transaction, what is remembered afterwards is as the transaction sees it. */
  notice(): void;
  /** Resolves when nothing waits and nothing runs. */
  drained(): Promise<void>;
}

export interface CommitQueueOptions {
  /** For how long another process may hold the lock before what waits is given up, in milliseconds. */
  readonly busyMs: number;
  /** Whether the file is still where it was opened. What is written to one that was removed is lost, and SQLite does not say so. */
  readonly isInPlace: () => boolean;
}

const COLLECT_MS = 2;

/** Work of one transaction: enough that the flush costs little per piece, few enough that nobody waits long. */
const MAX_GROUP = 256;

interface Piece {
  readonly work: () => unknown;
  runs: "once" | "again";
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export function createCommitQueue(sqlite: Database.Database, options: CommitQueueOptions): CommitQueue {
  return new Queue(sqlite, options);
}

class Queue implements CommitQueue {
  readonly #sqlite: Database.Database;
  readonly #busyMs: number;
  readonly #isInPlace: () => boolean;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #savepoint: Database.Statement;
  readonly #release: Database.Statement;
  readonly #undo: Database.Statement;
  readonly #version: Database.Statement<[], number>;
  #waiting: Piece[] = [];
  #idle: (() => void)[] = [];
  #cancel: (() => void) | undefined;
  #generation = 0;
  #lastSize = 1;
  #lastVersion = 0;
  #noticed = 0;
  readonly #doubters: (() => void)[] = [];
  readonly #finishers: (() => void)[] = [];
  #busySince: number | undefined;
  #notBefore = 0;
  #collectUntil = 0;

  constructor(sqlite: Database.Database, options: CommitQueueOptions) {
    this.#sqlite = sqlite;
    this.#busyMs = options.busyMs;
    this.#isInPlace = options.isInPlace;
    this.#begin = sqlite.prepare("BEGIN IMMEDIATE");
    this.#commit = sqlite.prepare("COMMIT");
    this.#rollback = sqlite.prepare("ROLLBACK");
    this.#savepoint = sqlite.prepare("SAVEPOINT piece");
    this.#release = sqlite.prepare("RELEASE piece");
    this.#undo = sqlite.prepare("ROLLBACK TO piece");
    this.#version = sqlite.prepare<[], number>("PRAGMA data_version").pluck();
  }

  add<T>(work: () => T, runs: "once" | "again" = "once"): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length === 0) this.#collectUntil = performance.now() + COLLECT_MS;
      this.#waiting.push({ work, runs, resolve: resolve as (value: unknown) => void, reject });
      this.#plan();
    });
  }

  generation(): number {
    return this.#generation;
  }

  onDoubt(listener: () => void): void {
    this.#doubters.push(listener);
  }

  onRun(listener: () => void): void {
    this.#finishers.push(listener);
  }

  notice(): void {
    const version = this.#version.get() ?? 0;
    if (version === this.#noticed) return;
    this.#doubt();
    this.#noticed = version;
  }

  drained(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Decides when the next transaction begins; called again whenever something changes that decides it. */
  #plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#waiting.length === 0) return;
    const isFull = this.#waiting.length >= Math.min(this.#lastSize, MAX_GROUP);
    const until = isFull ? this.#notBefore : Math.max(this.#notBefore, this.#collectUntil);
    const pause = until - performance.now();
    if (pause > 0) {
      const timer = setTimeout(() => this.#run(), pause);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(() => this.#run());
      this.#cancel = () => clearImmediate(immediate);
    }
  }

  #run(): void {
    this.#cancel = undefined;
    if (!this.#isInPlace()) {
      this.#refuseAll(movedError());
      return;
    }
    try {
      this.#begin.run();
    } catch (thrown) {
      this.#onNoLock(thrown);
      return;
    }
    this.#busySince = undefined;
    this.#generation += 1;
    const group = this.#waiting.splice(0, MAX_GROUP);
    this.#lastSize = group.length;
    this.#runGroup(group);
    this.#yieldToOthers();
    this.#plan();
    if (this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #onNoLock(thrown: unknown): void {
    const now = performance.now();
    this.#busySince ??= now;
    if (isBusy(thrown) && now - this.#busySince < this.#busyMs) {
      this.#notBefore = now + 1 + Math.random() * 3;
      this.#plan();
      return;
    }
    this.#refuseAll(thrown);
  }

  #refuseAll(reason: unknown): void {
    this.#busySince = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Q1 to Q4 */
  #runGroup(group: readonly Piece[]): void {
    let settle: (() => void)[] | undefined;
    try {
      this.notice();
      settle = group.some(({ runs }) => runs === "once") ? this.#runApart(group) : this.#runPlainly(group);
      if (settle === undefined) return;
      this.#commit.run();
    } catch (thrown) {
      this.#doubt();
      if (this.#sqlite.inTransaction) this.#rollback.run();
      for (const { reject } of group) reject(thrown);
      return;
    }
    for (const run of settle) run();
  }

  /**
   * Without a savepoint for each, or for all, which makes SQLite copy every page before it is first changed.
   * @returns `undefined` where one failed: all of them wait to be run again, apart.
   */
  #runPlainly(group: readonly Piece[]): (() => void)[] | undefined {
    try {
      const settle = group.map(({ work, resolve }) => {
        const value = work();
        return () => resolve(value);
      });
      for (const finish of this.#finishers) finish();
      return settle;
    } catch (thrown) {
      if (!this.#sqlite.inTransaction) throw thrown;
      this.#doubt();
      this.#rollback.run();
      for (const piece of group) piece.runs = "once";
      this.#waiting.unshift(...group);
      return undefined;
    }
  }

  #runApart(group: readonly Piece[]): (() => void)[] {
    return group.map(({ work, resolve, reject }) => {
      this.#savepoint.run();
      try {
        const value = work();
        for (const finish of this.#finishers) finish();
        this.#release.run();
        return () => resolve(value);
      } catch (thrown) {
        this.#undoPiece(thrown);
        return () => reject(thrown);
      }
    });
  }

  /** @throws `thrown` where it ended the whole transaction, as some errors of the storage do. */
  #undoPiece(thrown: unknown): void {
    if (!this.#sqlite.inTransaction) throw thrown;
    this.#generation += 1;
    this.#doubt();
    this.#undo.run();
    this.#release.run();
  }

  #doubt(): void {
    for (const forget of this.#doubters) forget();
  }

  /**
   * Where another process wrote since our last transaction, our next one leaves it a gap: who waits for the lock tries
   * now and then, and would hardly ever meet it free.
   */
  #yieldToOthers(): void {
    try {
      const version = this.#version.get() ?? 0;
      this.#notBefore = version === this.#lastVersion ? 0 : performance.now() + 1 + Math.random() * 2;
      this.#lastVersion = version;
    } catch {
      // Whatever is wrong with the file, the next transaction finds it and says it to a caller.
      this.#notBefore = 0;
    }
  }
}
