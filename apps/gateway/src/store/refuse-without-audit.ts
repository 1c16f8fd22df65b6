import type { AuditTrail } from "@mcp-flowgate/audit";
import { FlowgateError, type WorkflowStore } from "@mcp-flowgate/core";

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
    now: () => store.now(),
    lease: () => store.lease(),
    async apply(batch) {
      requireTrail();
      return await store.apply(batch);
    },
    record: (events) => store.record(events),
    load: (id) => store.load(id),
    operation: (id) => store.operation(id),
    journal: (id, fromVersion) => store.journal(id, fromVersion),
    instances: (filter) => store.instances(filter),
    approval: (id) => store.approval(id),
    approvals: (filter) => store.approvals(filter),
    request: (tenant, principal, key) => store.request(tenant, principal, key),
    rate: (key, perMs) => store.rate(key, perMs),
    definition: (hash) => store.definition(hash),
    due: (limit) => store.due(limit),
    nextDueAt: () => store.nextDueAt(),
    onChange: (listener) => store.onChange(listener),
    close: () => store.close(),
  };
}
