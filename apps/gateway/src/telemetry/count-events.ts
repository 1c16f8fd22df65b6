import type { AuditDraft, AuditSink, Json, WorkflowInstance } from "@mcp-flowgate/core";
import type { Meter } from "./meter.ts";

/** A sink that counts what the one behind it has recorded. What it refused did not happen, and is not counted. */
export function countRecorded(sink: AuditSink, meter: Meter): AuditSink {
  return {
    async append(events) {
      await sink.append(events);
      for (const event of events) countEvent(event, meter);
    },
  };
}

function countEvent({ type, definitionId: definition = "", payload }: AuditDraft, meter: Meter): void {
  meter.count("flowgate_audit_events_total", { type });
  switch (type) {
    case "workflow.started":
      return meter.count("flowgate_workflows_started_total", { definition });
    case "workflow.parked":
      return meter.count("flowgate_workflows_parked_total", { definition });
    case "guard.rejected": {
      const transition = text(payload["transition"]);
      return meter.count("flowgate_guard_rejections_total", { definition, transition });
    }
    case "rate.limited":
      return meter.count("flowgate_rate_limited_total", { definition });
    case "auth.rejected":
      return meter.count("flowgate_auth_rejected_total", {});
    case "executor.retrying":
      return meter.count("flowgate_executor_retries_total", { definition });
    case "fallback.selected":
      return meter.count("flowgate_executor_fallbacks_total", { definition });
    case "executor.unknown":
      return meter.count("flowgate_executor_unknown_total", { definition });
    case "executor.recovered":
      return meter.count("flowgate_executor_recovered_total", { definition });
    case "circuit.opened":
      return meter.count("flowgate_circuit_changes_total", { definition, state: "opened" });
    case "circuit.closed":
      return meter.count("flowgate_circuit_changes_total", { definition, state: "closed" });
    case "human.approval.requested":
      return meter.count("flowgate_approvals_requested_total", { queue: text(payload["queue"]) });
    case "human.approval.resolved": {
      const queue = text(payload["queue"]);
      return meter.count("flowgate_approvals_resolved_total", { queue, decision: text(payload["decision"]) });
    }
    case "human.approval.expired":
      return meter.count("flowgate_approvals_expired_total", { queue: text(payload["queue"]) });
    case "connection.failed":
      return meter.count("flowgate_connection_failures_total", { connection: text(payload["connection"]) });
    default:
      return undefined;
  }
}

/** An instance that a batch brought to its end. */
export function countEnd(instance: WorkflowInstance, meter: Meter): void {
  const { definitionId: definition, outcome = "success" } = instance;
  meter.count("flowgate_workflows_ended_total", { definition, outcome });
  const ms = (instance.terminalAt ?? instance.updatedAt) - instance.createdAt;
  meter.time("flowgate_workflow_duration_seconds", Math.max(0, ms) / 1000, { definition, outcome });
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
