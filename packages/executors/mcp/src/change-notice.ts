import type { Clock } from "@mcp-flowgate/core";

/** Passes notices on, at most one per interval; the last is late rather than lost. */
export interface ChangeNotice {
  notice(): void;
  cancel(): void;
}

const MIN_INTERVAL_MS = 1000;

export function createChangeNotice(clock: Clock, notify: () => void): ChangeNotice {
  let last = Number.NEGATIVE_INFINITY;
  let cancelDue: (() => void) | undefined;
  const pass = (): void => {
    cancelDue = undefined;
    last = clock.monotonic();
    notify();
  };
  return {
    notice() {
      if (cancelDue !== undefined) return;
      const left = last + MIN_INTERVAL_MS - clock.monotonic();
      if (left <= 0) pass();
      else cancelDue = clock.schedule(left, pass);
    },
    cancel() {
      cancelDue?.();
    },
  };
}
