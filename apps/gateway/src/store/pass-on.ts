import type { WorkflowStore } from "@mcp-flowgate/core";

/** A store's methods as own properties, for what stands in front of one and changes a few of them: stores are classes. */
export function passOn(store: WorkflowStore): WorkflowStore {
  return {
    now: () => store.now(),
    lease: () => store.lease(),
    apply: (batch) => store.apply(batch),
    record: (events) => store.record(events),
    load: (id) => store.load(id),
    loadAll: (ids) => store.loadAll(ids),
    operation: (id) => store.operation(id),
    journal: (id, fromVersion) => store.journal(id, fromVersion),
    instances: (filter) => store.instances(filter),
    approval: (id) => store.approval(id),
    approvals: (filter) => store.approvals(filter),
    request: (tenant, principal, key) => store.request(tenant, principal, key),
    rate: (key, perMs) => store.rate(key, perMs),
    blob: (id, sha256) => store.blob(id, sha256),
    definition: (hash) => store.definition(hash),
    due: (limit) => store.due(limit),
    nextDueAt: () => store.nextDueAt(),
    onChange: (listener) => store.onChange(listener),
    close: () => store.close(),
  };
}
