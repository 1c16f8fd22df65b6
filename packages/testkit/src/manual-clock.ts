import type { Clock } from "@mcp-flowgate/core";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes `ms` forward, running what was scheduled on the way in order of its time, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an operator does who corrects it: nothing that was scheduled runs. */
  skew(ms: number): void;
  /** How many scheduled runs are waiting. */
  readonly pending: number;
}

/** Starts at 2026-01-05T09:00:00Z, a Monday, unless told. `settle` waits for what each step sets off. */
export function createManualClock(
  start: number = Date.UTC(2026, 0, 5, 9),
  settle: () => Promise<void> = settled,
): ManualClock {
  return new SteppedClock(start, settle);
}

class SteppedClock implements ManualClock {
  readonly #settle: () => Promise<void>;
  #wall: number;
  #elapsed = 0;
  #order = 0;
  readonly #scheduled = new Map<number, { readonly at: number; readonly run: () => void }>();

  constructor(start: number, settle: () => Promise<void>) {
    this.#wall = start;
    this.#settle = settle;
  }

  get pending(): number {
    return this.#scheduled.size;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const id = (this.#order += 1);
    this.#scheduled.set(id, { at: this.#elapsed + Math.max(0, delayMs), run });
    return () => void this.#scheduled.delete(id);
  }

  skew(ms: number): void {
    this.#wall += ms;
  }

  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    for (;;) {
      await this.#settle();
      const next = this.#next(until);
      if (next === undefined) break;
      const [id, { at, run }] = next;
      this.#scheduled.delete(id);
      this.#go(Math.max(at, this.#elapsed));
      run();
    }
    this.#go(until);
    await this.#settle();
  }

  #go(elapsed: number): void {
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  #next(until: number): readonly [number, { readonly at: number; readonly run: () => void }] | undefined {
    let first: readonly [number, { readonly at: number; readonly run: () => void }] | undefined;
    for (const entry of this.#scheduled) {
      if (entry[1].at <= until && (first === undefined || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  }
}

/** Resolves when every promise chain that can go on without outside events has done so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
