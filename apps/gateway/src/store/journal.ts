import type { AuditSink, WorkflowStore } from "@mcp-flowgate/core";

/** Where events that concern no instance are recorded. */
export interface Journal extends AuditSink {
  /** Resolves once nothing is being written any more. Most who tell of something do not wait for its record. */
  settled(): Promise<void>;
}

/** Such events are recorded by the store as well: it may be the one that keeps the trail. */
export function createJournal(store: WorkflowStore): Journal {
  const writing = new Set<Promise<void>>();
  return {
    async append(events) {
      const written = store.record(events);
      writing.add(written);
      await written.finally(() => writing.delete(written));
    },
    async settled() {
      while (writing.size > 0) await Promise.allSettled(writing);
    },
  };
}
