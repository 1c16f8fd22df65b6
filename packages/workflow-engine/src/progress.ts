import type { DriveOptions } from "./driver.ts";
import type { Work } from "./work.ts";

/** Tells a caller how far its call is: one count for chain steps, retries and what executors themselves tell. */
export interface Progress {
  /** The options with a listener that counts on, for executors and children. */
  readonly options: DriveOptions;
  /** Tells of the steps that a commit brought to an end, and of the attempt that follows one that failed. */
  tell(work: Work): void;
}

export function createProgress(given: DriveOptions): Progress {
  const { onProgress } = given;
  if (onProgress === undefined) return { options: given, tell: () => undefined };
  let count = 0;
  // The protocol wants numbers that only grow, so nobody's own numbers are passed on.
  const next = (message: string | undefined): void => {
    count += 1;
    onProgress(message === undefined ? { progress: count } : { progress: count, message });
  };
  return {
    options: { ...given, onProgress: ({ message }) => next(message) },
    tell({ ended, dispatch }) {
      for (const { slot, transition, toState } of ended) {
        if (slot === "chain" || slot === "onEnter") next(`${transition}: ${toState ?? "failed"}`);
      }
      const attempt = dispatch?.operation.attempt ?? 1;
      if (attempt > 1) next(`${dispatch?.operation.transition ?? ""}: attempt ${attempt}`);
    },
  };
}
