/** How much attention an event wants. */
export type Severity = "info" | "warning" | "error";

const ERRORS: ReadonlySet<string> = new Set([
  "audit.lost",
  "capability.blocked",
  "capability.discovery_failed",
  "chain.failed",
  "config.reload_failed",
  "connection.failed",
  "executor.failed",
  "executor.unknown",
  "sub_workflow.failed",
  "workflow.failed",
  "workflow.parked",
]);

const WARNINGS: ReadonlySet<string> = new Set([
  "auth.rejected",
  "capability.changed",
  "circuit.opened",
  "executor.retrying",
  "fallback.selected",
  "guard.rejected",
  "human.approval.expired",
  "operation.fenced",
  "rate.limited",
  "transition.rejected",
  "workflow.timed_out",
]);

export function severityOf(eventType: string): Severity {
  if (ERRORS.has(eventType)) return "error";
  return WARNINGS.has(eventType) ? "warning" : "info";
}
