import { setTimeout as wait } from "node:timers/promises";
import type { Log } from "@mcp-flowgate/core";
import type { Database, Session } from "./database.ts";
import { planDirect, transactDirectly } from "./direct-transaction.ts";
import { hasCommitted } from "./doubt.ts";
import { exclusiveKeys, streamsOf } from "./expectation.ts";
import { fromKey } from "./keys.ts";
import { constraintOf, isConnectionLost, isWorthAnotherTry, sqlState } from "./store-error.ts";
import { transact, type Outcome, type Sent, type TransactionParts, type Work } from "./transaction.ts";

/**
 * Owns: the writing transactions of this process, and the order of its writes.
 *
 * Work is collected while transactions are on their way, and what waits when one ends goes into the next, so that many
 * callers share a flush to the disk and the round trips. With nothing on its way, work goes at once.
 *
 * Q1 Nobody hears that something was applied before the server has said that it committed.
 * Q2 Work that is about the same rows goes one after the other, in the order in which it came.
 * Q3 A transaction that fails for something that the server says is tried again, each piece of work alone: what is at
 *    fault fails its own caller.
 * Q4 Where the connection breaks before the commit was sent, nothing is applied, and the work is tried again for a
 *    while. Where it breaks afterwards, the server is asked what became of the transaction before anything else is done.
 * Q5 What can go in one trip does so at first (`direct-transaction.ts`); whatever is in its way, the longer way says it.
 */
export interface CommitQueue {
  /** Resolves once what became of the work is durable. @returns the ids of instances that changed, with the outcome. */
  add(work: Work): Promise<Done>;
  /** Resolves when nothing waits and nothing is on its way. */
  drained(): Promise<void>;
}

export interface Done {
  readonly outcome: Outcome;
  readonly changed: readonly string[];
}

export interface CommitQueueOptions extends TransactionParts {
  readonly database: Database;
  /** How many transactions are on their way at a time. */
  readonly lanes: number;
  /** For how long work is tried again. */
  readonly patienceMs: number;
  readonly log: Log;
  /** Told of the instances of each transaction that committed. */
  readonly onCommit: (workflowIds: readonly string[]) => void;
}

/** Pieces of work of one transaction: enough that what they share costs each little, few enough that nobody waits long. */
const MAX_GROUP = 64;
/** So few go together whatever else is on its way: what a transaction takes by itself would be more than what is gained. */
const SMALL_GROUP = 20;
/** Tries of one piece of work that others were in the way of. */
const MAX_TRIES = 12;
const MAX_PAUSE_MS = 500;

interface Piece {
  readonly work: Work;
  readonly keys: readonly string[];
  readonly resolve: (done: Done) => void;
  readonly reject: (reason: unknown) => void;
}

export function createCommitQueue(options: CommitQueueOptions): CommitQueue {
  return new Queue(options);
}

class Queue implements CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #busy = new Set<string>();
  #waiting: Piece[] = [];
  #idle: (() => void)[] = [];
  #lanes = 0;
  /** Pieces of work that are on their way. */
  #sent = 0;
  #isPlanned = false;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  add(work: Work): Promise<Done> {
    return new Promise((resolve, reject) => {
      const keys = [...exclusiveKeys(work), ...streamsOf(work, this.#options.ownStream)];
      this.#waiting.push({ work, keys, resolve, reject });
      this.#plan();
    });
  }

  drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#lanes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** What else comes in this turn of the event loop goes along. */
  #plan(): void {
    if (this.#isPlanned || this.#lanes >= this.#options.lanes) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      while (this.#lanes < this.#options.lanes) {
        const group = this.#takeGroup();
        if (group.length === 0) break;
        void this.#runLane(group);
      }
    });
  }

  /** Q2: what is passed over keeps what comes after it, and is about the same, waiting too. */
  #takeGroup(): readonly Piece[] {
    const group: Piece[] = [];
    const rest: Piece[] = [];
    // Lanes share what there is, so that some of it is written while other is flushed.
    const share = Math.ceil((this.#waiting.length + this.#sent) / this.#options.lanes);
    const size = Math.min(MAX_GROUP, Math.max(SMALL_GROUP, share));
    const taken = new Set(this.#busy);
    for (const piece of this.#waiting) {
      const isFree = group.length < size && piece.keys.every((key) => !taken.has(key));
      (isFree ? group : rest).push(piece);
      for (const key of piece.keys) taken.add(key);
    }
    this.#waiting = rest;
    for (const { keys } of group) for (const key of keys) this.#busy.add(key);
    return group;
  }

  async #runLane(group: readonly Piece[]): Promise<void> {
    this.#lanes += 1;
    this.#sent += group.length;
    await this.#run(group);
    this.#lanes -= 1;
    this.#sent -= group.length;
    for (const { keys } of group) for (const key of keys) this.#busy.delete(key);
    this.#plan();
    if (this.#waiting.length === 0 && this.#lanes === 0)
      for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Never rejects: whatever happens, every piece is settled. */
  async #run(group: readonly Piece[]): Promise<void> {
    try {
      const { outcomes, changed } = await this.#commit(group.map(({ work }) => work));
      const ids = changed.map(fromKey);
      if (ids.length > 0) this.#options.onCommit(ids);
      for (const [index, { resolve }] of group.entries())
        resolve({ outcome: outcomes[index]!, changed: ids });
    } catch (thrown) {
      const [piece] = group;
      if (group.length === 1) {
        if (constraintOf(thrown) === "op_live") piece!.resolve(SECOND_LIVE);
        else piece!.reject(thrown);
      } else if (sqlState(thrown) === undefined || isConnectionLost(thrown)) {
        for (const { reject } of group) reject(thrown);
      } else {
        for (const one of group) await this.#run([one]);
      }
    }
  }

  /** Q3, Q4 */
  async #commit(
    works: readonly Work[],
  ): Promise<{ outcomes: readonly Outcome[]; changed: readonly string[] }> {
    const until = performance.now() + this.#options.patienceMs;
    let direct = planDirect(works, this.#options);
    for (let tries = 1; ; tries += 1) {
      let sent: Sent | undefined;
      try {
        return await this.#options.database.session(async (session) => {
          sent = direct && transactDirectly(session, direct, this.#options);
          sent ??= await this.#transact(session, works);
          return { outcomes: sent.outcomes, changed: await sent.committed };
        });
      } catch (thrown) {
        // What is in the way of the short way is found out on the longer one.
        const wasDirect = direct !== undefined;
        direct = undefined;
        if (isConnectionLost(thrown)) {
          if (sent !== undefined && (await hasCommitted(sent.trace, thrown, this.#options))) {
            return {
              outcomes: sent.outcomes,
              changed: works.flatMap(({ batch }) => batch?.workflowId ?? []),
            };
          }
          if (performance.now() >= until) throw thrown;
        } else if (wasDirect) {
          continue;
        } else if (works.length > 1 || !isWorthAnotherTry(thrown) || tries >= MAX_TRIES) {
          throw thrown;
        } else if (constraintOf(thrown) === "op_live" && tries > 1) {
          throw thrown;
        }
      }
      await wait(Math.random() * Math.min(MAX_PAUSE_MS, 5 * 2 ** tries));
    }
  }

  async #transact(session: Session, works: readonly Work[]): Promise<Sent> {
    try {
      return await transact(session, works, this.#options);
    } catch (thrown) {
      // Whatever the transaction holds goes with it. On a connection that is broken nothing can be asked for.
      if (!isConnectionLost(thrown)) await session.query("ROLLBACK");
      throw thrown;
    }
  }
}

const SECOND_LIVE: Done = {
  outcome: { kind: "refused", result: { status: "conflict", on: "operation" } },
  changed: [],
};
