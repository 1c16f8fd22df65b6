import type { Clock, DueWork, Ids, Log, Operation, WorkflowStore } from "@mcp-flowgate/core";
import { FlowgateError } from "@mcp-flowgate/core";
import type { Driver } from "./driver.ts";
import { within } from "./sleep.ts";

/**
 * Owns the watch over what is due: deadlines, approvals that expire, next attempts, operations whose claimant is gone,
 * signals that nobody took up. Every replica runs one; whoever comes first wins by the fence.
 *
 * P1 It looks at least every `sweepMs` (± 20 %, so that replicas do not march in step), sooner when something is known
 *    to be due sooner (W11).
 * P2 It never waits for effects: a slow one does not delay the next look.
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

/** Taken up at a time: enough to fill the transactions of a store. */
const BATCH = 500;
const SHORTEST_MS = 5;
/** Where more is due than one look takes up, how long the next one waits at most for what this one began. */
const FULL_MS = 50;

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
    await Promise.allSettled(tasks);
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
      const { count, tasks } = await this.#look();
      const dueAt = await store.nextDueAt();
      if (count >= BATCH) {
        // A look before their commits would only find the same again.
        await within(clock, FULL_MS, Promise.allSettled(tasks));
        delay = SHORTEST_MS;
      } else if (dueAt !== undefined && dueAt > store.now()) delay = Math.min(delay, dueAt - store.now());
    } catch (thrown) {
      log.warn("what is due cannot be looked up now", { code: FlowgateError.from(thrown).code });
    }
    this.#next(Math.max(SHORTEST_MS, delay));
  }

  async #look(): Promise<{ readonly tasks: readonly Promise<unknown>[]; readonly count: number }> {
    const due = await this.#deps.store.due(BATCH);
    this.#passOn(due);
    const tasks: Promise<unknown>[] = [];
    const seen = new Set<string>();
    const one = (workflowId: string, task: () => Promise<unknown>): void => {
      if (seen.has(workflowId) || this.#deps.driver.isBusy(workflowId)) return;
      seen.add(workflowId);
      this.#deps.driver.background(() => {
        const running = task();
        tasks.push(running);
        return running;
      });
    };
    const { driver, ids } = this.#deps;
    for (const timer of due.timers) {
      one(timer.workflowId, () =>
        driver.happen(timer.workflowId, (work) => {
          const armed = work.timers().find(({ id, dueAt }) => id === timer.id && dueAt <= work.env.now);
          return armed === undefined
            ? undefined
            : { kind: "timer", timer: armed, correlationId: ids.next("cor") };
        }),
      );
    }
    for (const operation of due.orphans) one(operation.workflowId, () => this.#again(operation, "orphaned"));
    for (const operation of due.retries) one(operation.workflowId, () => this.#again(operation, "retryDue"));
    for (const signal of due.signals) one(signal.workflowId, () => driver.takeSignals(signal.workflowId));
    return { tasks, count: due.timers.length + due.orphans.length + due.retries.length + due.signals.length };
  }

  #again(operation: Operation, kind: "orphaned" | "retryDue"): Promise<unknown> {
    return this.#deps.driver.happen(operation.workflowId, (work) => {
      const live = work.operation;
      const same =
        live?.id === operation.id && live.fence === operation.fence && live.status === operation.status;
      return same && live.attempt === operation.attempt ? { kind } : undefined;
    });
  }

  /** A cancellation that was asked for elsewhere reaches the effect that runs here. */
  #passOn({ signals }: DueWork): void {
    for (const signal of signals) {
      if (signal.kind === "cancel") this.#deps.driver.abort(signal.workflowId, "cancelled");
    }
  }
}
