/** Time. A test gives a manual one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go back. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` from now, unless the returned function is called first. Does not keep the process alive. */
  schedule(delayMs: number, run: () => void): () => void;
}
