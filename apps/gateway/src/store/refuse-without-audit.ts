import type { AuditTrail } from "@mcp-flowgate/audit";
import type { WorkflowStore } from "@mcp-flowgate/core";
import { passOn } from "./pass-on.ts";

/**
 * A durable store keeps its audit records until the sinks have them. It takes no further batch while too many wait and
 * `audit.onFailure` is `fail_closed`, nor while a sink that only hears of commits (standard error) fails; the sinks
 * recover by themselves, and the store with them.
 */
export function refuseWithoutAudit(store: WorkflowStore, trail: AuditTrail): WorkflowStore {
  const recording = new Set<Promise<void>>();
  return {
    ...passOn(store),
    async apply(batch) {
      trail.requireRoom();
      const result = await store.apply(batch);
      if (result.status === "applied") trail.committed(batch.audit.length);
      return result;
    },
    async record(events) {
      const recorded = store.record(events);
      recording.add(recorded);
      await recorded.finally(() => recording.delete(recorded));
      trail.committed(events.length);
    },
    /** What is recorded last, nobody waits for: it is sealed all the same. */
    async close() {
      await Promise.allSettled(recording);
      await trail.stopSealing();
      await store.close();
    },
  };
}
