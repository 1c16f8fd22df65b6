import type { AuditTrail } from "@mcp-flowgate/audit";
import type { WorkflowStore } from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import type { Replicas } from "../cluster/open-cluster.ts";
import type { Sampler, Samples } from "./meter.ts";

/** The running parts that are looked at. */
export interface SampledParts {
  readonly audit: Pick<AuditTrail, "health">;
  readonly store: Pick<WorkflowStore, "approvals" | "due" | "now">;
  readonly connections: Pick<McpConnections, "status">;
  readonly importsFailing: () => number;
  readonly notReady: () => Promise<readonly string[]>;
  readonly replicas: Pick<Replicas, "cluster" | "agreement" | "degraded">;
}

/** A scrape asks the store a few times at most, however many approvals there are. */
const MOST_APPROVALS = 1000;
const PAGE = 200;
const MOST_DUE = 100;
/** Stores are asked at most so often, whoever and however many scrape. */
const STORE_EVERY_MS = 2000;

/** Samples everything that has a size now. A part that does not answer leaves its samples out, and no others. */
export function createGatewaySampler(parts: SampledParts): Sampler {
  const sampleStore = createStoreSampler(parts.store);
  return async (samples) => {
    sampleAudit(parts.audit, samples);
    sampleConnections(parts.connections, samples);
    samples.put("flowgate_imports_failing", parts.importsFailing(), {});
    const failing = await parts.notReady();
    samples.put("flowgate_ready", failing.length === 0 ? 1 : 0, {});
    for (const check of ["audit", "draining", "store"])
      samples.put("flowgate_check_failing", failing.includes(check) ? 1 : 0, { check });
    const { cluster, agreement, degraded } = parts.replicas;
    samples.put("flowgate_replicas", cluster.replicas().length, {});
    samples.put("flowgate_replica_configs", agreement.configurations(), {});
    samples.put("flowgate_config_reload_failing", agreement.problem() === undefined ? 0 : 1, {});
    samples.put("flowgate_degraded", degraded().includes("bus") ? 1 : 0, { check: "bus" });
    await sampleStore(samples).catch(() => undefined);
  };
}

function sampleAudit(audit: SampledParts["audit"], samples: Samples): void {
  for (const [index, sink] of audit.health().sinks.entries()) {
    const labels = { sink: sink.kind, index: String(index) };
    samples.put("flowgate_audit_sink_up", sink.ok ? 1 : 0, labels);
    samples.put("flowgate_audit_lost_total", sink.lost, labels);
    samples.put("flowgate_audit_refused_total", sink.refused, labels);
    samples.put("flowgate_audit_pending_events", sink.pending, labels);
    samples.put("flowgate_audit_lag_seconds", sink.pendingMs / 1000, labels);
  }
}

function sampleConnections(connections: SampledParts["connections"], samples: Samples): void {
  let children = 0;
  for (const { name: connection, state, starts, pid } of connections.status()) {
    if (pid !== undefined) children += 1;
    samples.put("flowgate_connection_up", state === "ready" ? 1 : 0, { connection });
    samples.put("flowgate_connection_starts_total", starts, { connection });
  }
  samples.put("flowgate_child_processes", children, {});
}

interface Queue {
  pending: number;
  oldestAt: number;
}

function createStoreSampler(store: SampledParts["store"]): Sampler {
  // A queue that was seen once is shown empty later, not left out.
  const queues = new Map<string, Queue>();
  let due = { timers: 0, retries: 0, orphans: 0, signals: 0 };
  let lookedAt = Number.NEGATIVE_INFINITY;

  const look = async (): Promise<void> => {
    const found = new Map<string, Queue>();
    let cursor: string | undefined;
    for (let count = 0; count < MOST_APPROVALS;) {
      const page = await store.approvals({
        statuses: ["pending"],
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { queue, requestedAt } of page.items) {
        const entry = found.get(queue) ?? { pending: 0, oldestAt: requestedAt };
        entry.pending += 1;
        entry.oldestAt = Math.min(entry.oldestAt, requestedAt);
        found.set(queue, entry);
      }
      count += page.items.length;
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    for (const queue of queues.keys()) queues.set(queue, { pending: 0, oldestAt: 0 });
    for (const [queue, entry] of found) queues.set(queue, entry);
    const work = await store.due(MOST_DUE);
    due = {
      timers: work.timers.length,
      retries: work.retries.length,
      orphans: work.orphans.length,
      signals: work.signals.length,
    };
  };

  return async (samples) => {
    if (performance.now() - lookedAt >= STORE_EVERY_MS) {
      await look();
      lookedAt = performance.now();
    }
    const now = store.now();
    for (const [queue, { pending, oldestAt }] of queues) {
      samples.put("flowgate_approvals_pending", pending, { queue });
      const age = pending === 0 ? 0 : Math.max(0, now - oldestAt) / 1000;
      samples.put("flowgate_approvals_oldest_age_seconds", age, { queue });
    }
    for (const [kind, count] of Object.entries(due)) samples.put("flowgate_due_work", count, { kind });
  };
}
