import type { Clock } from "@mcp-flowgate/core";

/** Whether one more request of a caller is taken. */
export type Admission =
  | { readonly admitted: true; readonly release: () => void }
  | {
      readonly admitted: false;
      readonly retryAfterMs: number;
      readonly limit: "callsPerMinute" | "concurrentCalls";
    };

/**
 * Bounds what one caller takes of the gateway.
 *
 * Owns, by caller, the time from which its next request is due and the number of those that run. A caller of whom
 * nothing is left to remember is forgotten, so strangers cannot fill the memory.
 *
 * 1. Over any minute no caller has more than `callsPerMinute` requests taken, besides a burst of a tenth of it.
 * 2. No caller has more than `concurrentCalls` requests running.
 * 3. One caller's requests never count for another.
 */
export interface CallerLimits {
  admit(caller: string): Admission;
}

interface Usage {
  /** Milliseconds of the monotonic clock: the theoretical time of the next request (GCRA). */
  due: number;
  running: number;
}

const SWEEP_AT = 10_000;

/** @param limits Looked at anew for every request: a reload may change them. */
export function createCallerLimits(
  limits: { readonly callsPerMinute?: number; readonly concurrentCalls: number },
  clock: Clock,
): CallerLimits {
  const usage = new Map<string, Usage>();
  const forgetIdle = (now: number): void => {
    for (const [caller, { due, running }] of usage) if (running === 0 && due <= now) usage.delete(caller);
  };
  return {
    admit(caller) {
      const now = clock.monotonic();
      const { callsPerMinute, concurrentCalls } = limits;
      const interval = callsPerMinute === undefined ? 0 : 60_000 / callsPerMinute;
      const burst = interval * Math.max(0, Math.floor((callsPerMinute ?? 0) / 10) - 1);
      if (usage.size >= SWEEP_AT) forgetIdle(now);
      const own = usage.get(caller) ?? { due: now, running: 0 };
      if (own.running >= concurrentCalls)
        return { admitted: false, retryAfterMs: 1000, limit: "concurrentCalls" };
      const due = Math.max(own.due, now);
      if (due - now > burst)
        return { admitted: false, retryAfterMs: due - now - burst, limit: "callsPerMinute" };
      own.due = due + interval;
      own.running++;
      usage.set(caller, own);
      let released = false;
      return {
        admitted: true,
        release() {
          if (released) return;
          released = true;
          own.running--;
          if (own.running === 0 && own.due <= clock.monotonic()) usage.delete(caller);
        },
      };
    },
  };
}
