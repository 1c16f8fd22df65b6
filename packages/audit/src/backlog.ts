/** What was taken and is not recorded yet. */
export interface Backlog {
  /** Counts events until the returned function is called, once. */
  enter(events: number): () => void;
  events(): number;
  /** When the oldest of them came, by the clock that was given. */
  oldestAt(): number | undefined;
}

export function createBacklog(now: () => number): Backlog {
  // In the order of arrival, so the first is the oldest.
  const waiting = new Set<{ readonly at: number; readonly events: number }>();
  let count = 0;
  return {
    enter(events) {
      const entry = { at: now(), events };
      waiting.add(entry);
      count += events;
      return () => {
        if (waiting.delete(entry)) count -= events;
      };
    },
    events: () => count,
    oldestAt: () => waiting.values().next().value?.at,
  };
}
