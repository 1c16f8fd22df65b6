import type { Clock } from "@mcp-flowgate/core";

/**
 * What was due and could not be done, by its key: it is left for a while, twice as long each time, so that looking at it again
 * costs less the longer it has been so.
 */
export interface LeftWork {
  /** Whether it is to be left for now. */
  has(key: string): boolean;
  /** It could not be done. */
  leave(key: string): void;
  /** It is done. */
  done(key: string): void;
  /** What is not due any more is not left any more. */
  keepOnly(keys: readonly string[]): void;
  clear(): void;
}

/** Of `sweepMs`: for how long something is left at first, and at most. */
const FIRST_REST = 1 / 8;
const LONGEST_REST = 8;

export function createLeftWork({
  clock,
  sweepMs,
}: {
  readonly clock: Clock;
  readonly sweepMs: number;
}): LeftWork {
  /** Until when, by this process's clock. */
  const left = new Map<string, { readonly restMs: number; readonly until: number }>();
  return {
    has: (key) => (left.get(key)?.until ?? Number.NEGATIVE_INFINITY) > clock.monotonic(),
    leave(key) {
      const before = left.get(key)?.restMs;
      const restMs =
        before === undefined ? FIRST_REST * sweepMs : Math.min(2 * before, LONGEST_REST * sweepMs);
      left.set(key, { restMs, until: clock.monotonic() + restMs });
    },
    done: (key) => void left.delete(key),
    keepOnly(keys) {
      if (left.size === 0) return;
      const due = new Set(keys);
      for (const key of left.keys()) if (!due.has(key)) left.delete(key);
    },
    clear: () => left.clear(),
  };
}
