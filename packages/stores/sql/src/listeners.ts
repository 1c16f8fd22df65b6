import type { Log } from "@mcp-flowgate/core";

/** Who wants to hear of changed instances. */
export interface Listeners {
  readonly size: number;
  /** One that is added twice is called twice. @returns what removes it. */
  add(listener: (workflowId: string) => void): () => void;
  /** What a listener throws is logged, and keeps nothing from the others. */
  call(workflowIds: readonly string[]): void;
  clear(): void;
}

export function createListeners(log: Log): Listeners {
  const all = new Set<(workflowId: string) => void>();
  return {
    get size() {
      return all.size;
    },
    add(listener) {
      const call = (workflowId: string): void => listener(workflowId);
      all.add(call);
      return () => void all.delete(call);
    },
    call(workflowIds) {
      for (const id of workflowIds) {
        for (const listener of all) {
          try {
            listener(id);
          } catch (thrown) {
            log.error("a listener for changes failed", { error: String(thrown) });
          }
        }
      }
    },
    clear: () => all.clear(),
  };
}
