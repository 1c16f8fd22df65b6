import type { AuditTrail } from "@mcp-flowgate/audit";
import { FlowgateError, type WorkflowStore } from "@mcp-flowgate/core";
import { passOn } from "./pass-on.ts";

/**
 * A durable store hears of its audit sinks after its own commit. So that nothing goes on unrecorded, it takes no
 * further batch while a sink that must not fail does; the sinks recover by themselves, and the store with them.
 */
export function refuseWithoutAudit(store: WorkflowStore, trail: AuditTrail): WorkflowStore {
  const requireTrail = (): void => {
    const { ready, sinks } = trail.health();
    if (ready) return;
    const failing = sinks.find(({ ok }) => !ok);
    throw new FlowgateError(
      "AUDIT_UNAVAILABLE",
      `The audit trail cannot be written (${failing?.kind ?? "unknown sink"}), and audit.onFailure is fail_closed.`,
    );
  };
  return {
    ...passOn(store),
    async apply(batch) {
      requireTrail();
      return await store.apply(batch);
    },
  };
}
