import { setTimeout as wait } from "node:timers/promises";
import { isBusy } from "./store-error.ts";

/**
 * Runs `work` until nobody else's lock is in its way, for `forMs` at most. Between tries the event loop is free: only
 * SQLite's own short wait blocks it. Tries come at random distances, so that processes do not keep meeting.
 */
export async function retryBusy<T>(forMs: number, work: () => T): Promise<T> {
  const until = performance.now() + forMs;
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() >= until) throw thrown;
    }
    await wait(1 + Math.random() * 4);
  }
}
