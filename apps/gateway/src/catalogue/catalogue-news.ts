import type { Clock } from "@mcp-flowgate/core";

/** Tells who listens that what is offered is not what it was. */
export interface CatalogueNews {
  /** Something changed. What changes in so short a time is told once. */
  changed(): void;
  listen(listener: () => void): () => void;
}

const GATHER_MS = 100;

/** @param settled Before it nobody has seen a catalogue, so nothing is news. */
export function createCatalogueNews(clock: Clock, settled: Promise<void>): CatalogueNews {
  const listeners = new Set<() => void>();
  let isSettled = false;
  let isPlanned = false;
  void settled.then(() => {
    isSettled = true;
  });
  return {
    changed() {
      if (!isSettled || isPlanned || listeners.size === 0) return;
      isPlanned = true;
      clock.schedule(GATHER_MS, () => {
        isPlanned = false;
        for (const listener of listeners) listener();
      });
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
