import type { Clock, DueWork, Ids, Log, Operation, Timer, WorkflowStore } from "@mcp-flowgate/core";
import { FlowgateError } from "@mcp-flowgate/core";
import type { Driver, HappenOptions } from "./driver.ts";
import { createLeftWork, type LeftWork } from "./left-work.ts";
import { half, within } from "./sleep.ts";
import type { WorkflowEvent } from "./transition.ts";
import type { Work, Writable } from "./work.ts";

/**
 * Owns the watch over what is due: deadlines, approvals that expire, next attempts, operations whose claimant is gone,
 * signals that nobody took up. Every replica runs one; whoever comes first wins by the fence.
 *
 * P1 It looks at least every `sweepMs` (± 20 %, so that replicas do not march in step), sooner when something is known
 *    to be due sooner (W11).
 * P2 It never waits for effects: a slow one does not delay the next look.
 * P3 Where more is due than one look takes up, the next look follows as soon as the store has answered to half of what this
 *    one began: a store that writes in several transactions goes on with the others meanwhile, and before that it would
 *    mostly find the same again.
 * P4 What could not be done is left for a while, twice as long each time, and those after it have their turn: however much
 *    waits for something else, as the cancellation of what is uncertain does, nothing stays behind it.
 */
export interface Sweeper {
  /** One look. Resolves when all that it began has come to rest. Returns how much was due. */
  sweep(): Promise<number>;
  start(): void;
  stop(): void;
}

export interface SweeperDeps {
  readonly store: WorkflowStore;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly sweepMs: number;
}

/**
 * Taken up at a time: what a store writes in one transaction. Their drafts are made in one go, which others wait for,
 * so it is no more.
 */
const BATCH = 256;
const SHORTEST_MS = 5;

export function createSweeper(deps: SweeperDeps): Sweeper {
  return new PollingSweeper(deps);
}

class PollingSweeper implements Sweeper {
  readonly #deps: SweeperDeps;
  readonly #left: LeftWork;
  /** How much of the last look was left, or is being done: what the next one asks for beyond that. */
  #passed = 0;
  #cancel: (() => void) | undefined;
  #started = false;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
    this.#left = createLeftWork(deps);
  }

  async sweep(): Promise<number> {
    this.#left.clear();
    const { tasks, count } = await this.#look();
    await Promise.all(tasks);
    return count;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#next(SHORTEST_MS);
  }

  stop(): void {
    this.#started = false;
    this.#cancel?.();
  }

  #next(delayMs: number): void {
    if (!this.#started) return;
    this.#cancel = this.#deps.clock.schedule(delayMs, () => {
      void this.#tick();
    });
  }

  async #tick(): Promise<void> {
    const { store, clock, ids, sweepMs, log } = this.#deps;
    let delay = sweepMs * (0.8 + 0.4 * ids.random());
    try {
      const { isMore, begun } = await this.#look();
      if (isMore) {
        // P3; should a store not answer, not for ever.
        await within(clock, sweepMs, half(begun));
        delay = 0;
      } else {
        const dueAt = await store.nextDueAt();
        if (dueAt !== undefined && dueAt > store.now())
          delay = Math.max(SHORTEST_MS, Math.min(delay, dueAt - store.now()));
      }
    } catch (thrown) {
      log.warn("what is due cannot be looked up now", { code: FlowgateError.from(thrown).code });
    }
    this.#next(delay);
  }

  async #look(): Promise<Look> {
    const { store, driver } = this.#deps;
    const limit = BATCH + this.#passed;
    const due = await store.due(limit);
    this.#passOn(due);
    const lists = [due.timers, due.orphans, due.retries, due.signals];
    const isFull = lists.some(({ length }) => length >= limit);
    const free = this.#choose(this.#dueOf(due), isFull);
    const count = lists.reduce((sum, { length }) => sum + length, 0);
    const look: Writable<Look> = { count, isMore: isFull || free.size > BATCH, tasks: [], begun: [] };
    if (free.size === 0) return look;
    const taken = [...free.values()].slice(0, BATCH);
    const opened = await driver.openAll(taken.map(({ workflowId }) => workflowId));
    const tasks: Promise<void>[] = [];
    look.begun = taken.map((one) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (driver.isBusy(one.workflowId)) resolve();
      else tasks.push(this.#take(one, { opened: opened.get(one.workflowId), onBegun: resolve }, resolve));
      return promise;
    });
    look.tasks = tasks;
    driver.background(() => Promise.all(tasks));
    return look;
  }

  /** One for each instance, of those whose turn it is (P4). */
  #choose(all: readonly Due[], isFull: boolean): ReadonlyMap<string, Due> {
    const { driver } = this.#deps;
    const free = new Map<string, Due>();
    let passed = 0;
    for (const one of all) {
      if (driver.isBusy(one.workflowId) || this.#left.has(one.key)) passed += 1;
      else if (!free.has(one.workflowId)) free.set(one.workflowId, one);
    }
    this.#passed = passed;
    if (!isFull) this.#left.keepOnly(all.map(({ key }) => key));
    return free;
  }

  /** Never rejects. */
  async #take({ key, workflowId, make }: Due, options: HappenOptions, onOver: () => void): Promise<void> {
    const { driver, log } = this.#deps;
    let isDone = false;
    try {
      const driven =
        make === undefined
          ? await driver.takeSignals(workflowId, options)
          : await driver.happen(workflowId, make, options);
      isDone = driven?.status === "rest";
    } catch (thrown) {
      log.error("what is due could not be done", { workflowId, error: FlowgateError.from(thrown).message });
    } finally {
      if (isDone) this.#left.done(key);
      else this.#left.leave(key);
      onOver();
    }
  }

  #dueOf({ timers, orphans, retries, signals }: DueWork): readonly Due[] {
    return [
      ...timers.map((timer) => this.#fire(timer)),
      ...orphans.map((operation) => again(operation, "orphaned")),
      ...retries.map((operation) => again(operation, "retryDue")),
      ...signals.map(({ id, workflowId }) => ({ key: `signal ${id}`, workflowId, make: undefined })),
    ];
  }

  #fire({ id, workflowId }: Timer): Due {
    const make = (work: Work): WorkflowEvent | undefined => {
      const timer = work.timers().find((armed) => armed.id === id && armed.dueAt <= work.env.now);
      return timer && { kind: "timer", timer, correlationId: this.#deps.ids.next("cor") };
    };
    return { key: `timer ${id}`, workflowId, make };
  }

  /** A cancellation that was asked for elsewhere reaches the effect that runs here. */
  #passOn({ signals }: DueWork): void {
    for (const signal of signals) {
      if (signal.kind === "cancel") this.#deps.driver.abort(signal.workflowId, "cancelled");
    }
  }
}

/** What is due of an instance; without an event of its own, its signals. */
interface Due {
  /** What it is known by from look to look. */
  readonly key: string;
  readonly workflowId: string;
  readonly make: ((work: Work) => WorkflowEvent | undefined) | undefined;
}

interface Look {
  /** How much was due. */
  readonly count: number;
  /** Whether more is due than was taken up. */
  readonly isMore: boolean;
  /** What was begun, until it is at rest. */
  readonly tasks: readonly Promise<void>[];
  /** The same, until the store has answered to its first batch. */
  readonly begun: readonly Promise<void>[];
}

function again(operation: Operation, kind: "orphaned" | "retryDue"): Due {
  const make = (work: Work): WorkflowEvent | undefined => {
    const live = work.operation;
    const same =
      live?.id === operation.id && live.fence === operation.fence && live.status === operation.status;
    return same && live.attempt === operation.attempt ? { kind } : undefined;
  };
  const { id, fence, attempt } = operation;
  return { key: `${kind} ${id} ${fence} ${attempt}`, workflowId: operation.workflowId, make };
}
