import { FlowgateError, type Batch, type Operation, type WorkflowStore } from "@mcp-flowgate/core";
import { countEnd } from "./count-events.ts";
import type { Meter } from "./meter.ts";

type StoreOperation = "apply" | "record" | "load" | "read";

/** A store whose time, errors and commits are counted. */
export function observeStore(store: WorkflowStore, meter: Meter): WorkflowStore {
  const timed = async <T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> => {
    const begin = performance.now();
    try {
      return await work();
    } catch (error) {
      meter.count("flowgate_store_errors_total", { operation, code: FlowgateError.from(error).code });
      throw error;
    } finally {
      meter.time("flowgate_store_duration_seconds", (performance.now() - begin) / 1000, { operation });
    }
  };
  return {
    now: () => store.now(),
    lease: () => store.lease(),
    async apply(batch) {
      const result = await timed("apply", () => store.apply(batch));
      if (result.status === "applied") countBatch(batch, meter);
      else if (result.status === "conflict") meter.count("flowgate_store_conflicts_total", { on: result.on });
      return result;
    },
    record: (events) => timed("record", () => store.record(events)),
    load: (id) => timed("load", () => store.load(id)),
    loadAll: (ids) => timed("load", () => store.loadAll(ids)),
    operation: (id) => timed("read", () => store.operation(id)),
    journal: (id, fromVersion) => timed("read", () => store.journal(id, fromVersion)),
    instances: (filter) => timed("read", () => store.instances(filter)),
    approval: (id) => timed("read", () => store.approval(id)),
    approvals: (filter) => timed("read", () => store.approvals(filter)),
    request: (tenant, principal, key) => timed("read", () => store.request(tenant, principal, key)),
    rate: (key, perMs) => timed("read", () => store.rate(key, perMs)),
    blob: (id, sha256) => timed("read", () => store.blob(id, sha256)),
    definition: (hash) => timed("read", () => store.definition(hash)),
    due: (limit) => timed("read", () => store.due(limit)),
    nextDueAt: () => timed("read", () => store.nextDueAt()),
    onChange: (listener) => store.onChange(listener),
    close: () => store.close(),
  };
}

function countBatch({ instance, operations = [] }: Batch, meter: Meter): void {
  if (instance === undefined) return;
  if (instance.status === "terminal") countEnd(instance, meter);
  for (const operation of operations) {
    const outcome = outcomeOf(operation);
    if (outcome === undefined) continue;
    const { definitionId: definition } = instance;
    meter.count("flowgate_transitions_total", { definition, transition: operation.transition, outcome });
  }
}

/** How an operation ended, or nothing while it has not. */
function outcomeOf({ status, error }: Operation): string | undefined {
  switch (status) {
    case "committed":
      return error === undefined ? "committed" : "routed";
    case "running":
    case "waiting":
    case "fenced":
      return undefined;
    default:
      return status;
  }
}
