import type { Clock } from "@mcp-flowgate/core";

/** Time that goes on only when something waits for it, and then at once. */
export interface VirtualClock extends Clock {
  /** When what is scheduled first runs, on the wall clock. */
  next(): number | undefined;
  /** Goes on to `at`, on the wall clock, and runs what is scheduled up to then, in order. */
  goTo(at: number): Promise<void>;
  /** Resolves with `work`; where that waits for time, time goes on. */
  while<T>(work: Promise<T>): Promise<T>;
}

/** Time that one call may wait for: beyond, it would wait for ever. */
const LONGEST_CALL_MS = 3_600_000;

/** @param start Milliseconds since the epoch. */
export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  const scheduled = new Map<number, { readonly at: number; readonly run: () => void }>();

  const first = (): readonly [number, { readonly at: number; readonly run: () => void }] | undefined => {
    let found: readonly [number, { readonly at: number; readonly run: () => void }] | undefined;
    for (const entry of scheduled) if (found === undefined || entry[1].at < found[1].at) found = entry;
    return found;
  };
  const goTo = async (until: number): Promise<void> => {
    for (;;) {
      await settled();
      const next = first();
      if (next === undefined || next[1].at > until) break;
      scheduled.delete(next[0]);
      now = Math.max(now, next[1].at);
      next[1].run();
    }
    now = Math.max(now, until);
  };
  return {
    now: () => now,
    monotonic: () => now - start,
    schedule(delayMs, run) {
      const id = (order += 1);
      scheduled.set(id, { at: now + Math.max(0, delayMs), run });
      return () => void scheduled.delete(id);
    },
    next: () => first()?.[1].at,
    goTo,
    async while(work) {
      let done = false;
      const ended = work.finally(() => {
        done = true;
      });
      ended.catch(() => undefined);
      const patience = now + LONGEST_CALL_MS;
      for (;;) {
        await settled();
        if (done) return await ended;
        const at = first()?.[1].at;
        if (at === undefined || at > patience) throw new Error("it waits for something that never comes");
        await goTo(at);
      }
    },
  };
}

/** Resolves when every promise that can go on by itself has done so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
