import type { Clock, DueWork, Ids, Log, Operation, Timer, WorkflowStore } from "@mcp-flowgate/core";
import { FlowgateError } from "@mcp-flowgate/core";
import type { Driver, HappenOptions } from "./driver.ts";
import { within } from "./sleep.ts";
import type { WorkflowEvent } from "./transition.ts";
import type { Work, Writable } from "./work.ts";

/**
 * Owns the watch over what is due: deadlines, approvals that expire, next attempts, operations whose claimant is gone,
 * signals that nobody took up. Every replica runs one; whoever comes first wins by the fence.
 *
 * P1 It looks at least every `sweepMs` (± 20 %, so that replicas do not march in step), sooner when something is known
 *    to be due sooner (W11).
 * P2 It never waits for effects: a slow one does not delay the next look.
 * P3 Where more is due than one look takes up, the next look follows as soon as the store has answered to what this one
 *    began: before that it would only find the same again.
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
  #cancel: (() => void) | undefined;
  #started = false;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  async sweep(): Promise<number> {
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
      const { count, begun } = await this.#look();
      if (count >= BATCH) {
        // P3; should a store not answer, not for ever.
        await within(clock, sweepMs, Promise.all(begun));
        delay = SHORTEST_MS;
      } else {
        const dueAt = await store.nextDueAt();
        if (dueAt !== undefined && dueAt > store.now()) delay = Math.min(delay, dueAt - store.now());
      }
    } catch (thrown) {
      log.warn("what is due cannot be looked up now", { code: FlowgateError.from(thrown).code });
    }
    this.#next(Math.max(SHORTEST_MS, delay));
  }

  async #look(): Promise<Look> {
    const { store, driver } = this.#deps;
    const due = await store.due(BATCH);
    this.#passOn(due);
    const free = new Map<string, Due>();
    for (const one of this.#dueOf(due)) {
      if (!free.has(one.workflowId) && !driver.isBusy(one.workflowId)) free.set(one.workflowId, one);
    }
    const count = due.timers.length + due.orphans.length + due.retries.length + due.signals.length;
    const look: Writable<Look> = { count, tasks: [], begun: [] };
    if (free.size === 0) return look;
    const opened = await driver.openAll([...free.keys()]);
    const tasks: Promise<void>[] = [];
    look.begun = Array.from(free.values(), (one) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (driver.isBusy(one.workflowId)) resolve();
      else tasks.push(this.#take(one, { opened: opened.get(one.workflowId), onBegun: resolve }, resolve));
      return promise;
    });
    look.tasks = tasks;
    driver.background(() => Promise.all(tasks));
    return look;
  }

  /** Never rejects. */
  async #take({ workflowId, make }: Due, options: HappenOptions, onOver: () => void): Promise<void> {
    const { driver, log } = this.#deps;
    try {
      if (make === undefined) await driver.takeSignals(workflowId, options);
      else await driver.happen(workflowId, make, options);
    } catch (thrown) {
      log.error("what is due could not be done", { workflowId, error: FlowgateError.from(thrown).message });
    } finally {
      onOver();
    }
  }

  #dueOf({ timers, orphans, retries, signals }: DueWork): readonly Due[] {
    return [
      ...timers.map((timer) => this.#fire(timer)),
      ...orphans.map((operation) => again(operation, "orphaned")),
      ...retries.map((operation) => again(operation, "retryDue")),
      ...signals.map(({ workflowId }) => ({ workflowId, make: undefined })),
    ];
  }

  #fire({ id, workflowId }: Timer): Due {
    const make = (work: Work): WorkflowEvent | undefined => {
      const timer = work.timers().find((armed) => armed.id === id && armed.dueAt <= work.env.now);
      return timer && { kind: "timer", timer, correlationId: this.#deps.ids.next("cor") };
    };
    return { workflowId, make };
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
  readonly workflowId: string;
  readonly make: ((work: Work) => WorkflowEvent | undefined) | undefined;
}

interface Look {
  /** How much was due. */
  readonly count: number;
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
  return { workflowId: operation.workflowId, make };
}
