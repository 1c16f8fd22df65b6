/** A bounded number of places, given out in the order of asking. */
export interface Slots {
  /**
   * Resolves to the function that gives the place back, or to `undefined` when the signal aborts first.
   * The function may be called more than once; only the first call counts.
   */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
}

export function createSlots(places: number): Slots {
  let free = places;
  const waiting = new Set<() => void>();

  const give = (): (() => void) => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = waiting.values().next();
      if (next.done === true) free++;
      else next.value();
    };
  };

  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (free > 0) {
        free--;
        return Promise.resolve(give());
      }
      return new Promise((resolve) => {
        const onAbort = (): void => {
          waiting.delete(onPlace);
          resolve(undefined);
        };
        const onPlace = (): void => {
          waiting.delete(onPlace);
          signal.removeEventListener("abort", onAbort);
          resolve(give());
        };
        waiting.add(onPlace);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
