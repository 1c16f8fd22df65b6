/** What one metric says. */
export interface MetricEntry<Label extends string = string> {
  /** Sampled ones are read from the running parts when somebody asks, not counted as things happen. */
  readonly kind: "counter" | "sampled counter" | "sampled gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly Label[];
}

/** Counted as it happens. */
export interface CounterLabels {
  readonly flowgate_calls_total: "tool" | "outcome";
  readonly flowgate_rejections_total: "tool" | "code";
  readonly flowgate_workflows_started_total: "definition";
  readonly flowgate_workflows_ended_total: "definition" | "outcome";
  readonly flowgate_workflows_parked_total: "definition";
  readonly flowgate_transitions_total: "definition" | "transition" | "outcome";
  readonly flowgate_guard_rejections_total: "definition" | "transition";
  readonly flowgate_rate_limited_total: "definition";
  readonly flowgate_auth_rejected_total: never;
  readonly flowgate_executor_attempts_total: "kind" | "connection" | "outcome";
  readonly flowgate_executor_retries_total: "definition";
  readonly flowgate_executor_fallbacks_total: "definition";
  readonly flowgate_executor_unknown_total: "definition";
  readonly flowgate_executor_recovered_total: "definition";
  readonly flowgate_circuit_changes_total: "definition" | "state";
  readonly flowgate_approvals_requested_total: "queue";
  readonly flowgate_approvals_resolved_total: "queue" | "decision";
  readonly flowgate_approvals_expired_total: "queue";
  readonly flowgate_store_errors_total: "operation" | "code";
  readonly flowgate_store_conflicts_total: "on";
  readonly flowgate_audit_events_total: "type";
  readonly flowgate_connection_failures_total: "connection";
}

/** Timed as it happens, in seconds. */
export interface HistogramLabels {
  readonly flowgate_call_duration_seconds: "tool";
  readonly flowgate_workflow_duration_seconds: "definition" | "outcome";
  readonly flowgate_executor_duration_seconds: "kind" | "connection";
  readonly flowgate_store_duration_seconds: "operation";
}

/** Read when somebody asks. */
export interface SampledLabels {
  readonly flowgate_calls_in_flight: never;
  readonly flowgate_executor_in_flight: "kind" | "connection";
  readonly flowgate_approvals_pending: "queue";
  readonly flowgate_approvals_oldest_age_seconds: "queue";
  readonly flowgate_due_work: "kind";
  readonly flowgate_audit_sink_up: "sink" | "index";
  readonly flowgate_audit_lost_total: "sink" | "index";
  readonly flowgate_audit_refused_total: "sink" | "index";
  readonly flowgate_audit_pending_events: "sink" | "index";
  readonly flowgate_audit_lag_seconds: "sink" | "index";
  readonly flowgate_connection_up: "connection";
  readonly flowgate_connection_starts_total: "connection";
  readonly flowgate_child_processes: never;
  readonly flowgate_imports_failing: never;
  readonly flowgate_ready: never;
  readonly flowgate_check_failing: "check";
  readonly flowgate_degraded: "check";
  readonly flowgate_replicas: never;
  readonly flowgate_replica_configs: never;
  readonly flowgate_config_reload_failing: never;
  readonly flowgate_telemetry_dropped_total: "signal";
  readonly flowgate_event_loop_lag_seconds: "percentile";
  readonly flowgate_event_loop_utilization: never;
  readonly flowgate_process_cpu_seconds_total: never;
  readonly flowgate_process_resident_memory_bytes: never;
  readonly flowgate_process_heap_used_bytes: never;
  readonly flowgate_process_start_time_seconds: never;
  readonly flowgate_build_info: "version" | "node" | "config";
}

export interface MetricLabels extends CounterLabels, HistogramLabels, SampledLabels {}
export type MetricName = keyof MetricLabels;
export type CounterName = keyof CounterLabels;
export type HistogramName = keyof HistogramLabels;
export type SampledName = keyof SampledLabels;

/**
 * Every metric, by its Prometheus name: the one source of the instruments and of the table in docs/telemetry.md.
 * Labels take their values from the configuration or from closed sets, never from what a caller sends; beyond
 * {@link MAX_SERIES} series of a metric, new ones are counted together.
 */
export const METRICS: { readonly [Name in MetricName]: MetricEntry<MetricLabels[Name]> } = {
  flowgate_calls_total: {
    kind: "counter",
    help: "Calls of the seven tools that were answered.",
    labels: ["tool", "outcome"],
  },
  flowgate_call_duration_seconds: {
    kind: "histogram",
    help: "Time from a call to its answer.",
    labels: ["tool"],
  },
  flowgate_calls_in_flight: { kind: "sampled gauge", help: "Calls that wait for their answer.", labels: [] },
  flowgate_rejections_total: {
    kind: "counter",
    help: "Calls that were refused or failed, by the error code of the answer.",
    labels: ["tool", "code"],
  },
  flowgate_workflows_started_total: {
    kind: "counter",
    help: "Instances that began.",
    labels: ["definition"],
  },
  flowgate_workflows_ended_total: {
    kind: "counter",
    help: "Instances that reached their end.",
    labels: ["definition", "outcome"],
  },
  flowgate_workflow_duration_seconds: {
    kind: "histogram",
    help: "Time from the start of an instance to its end, by the store's clock.",
    labels: ["definition", "outcome"],
  },
  flowgate_workflows_parked_total: {
    kind: "counter",
    help: "Instances that stopped until a person decides.",
    labels: ["definition"],
  },
  flowgate_transitions_total: {
    kind: "counter",
    help: "Steps that came to an end: committed, routed (committed after a failure), failed, unknown, cancelled.",
    labels: ["definition", "transition", "outcome"],
  },
  flowgate_guard_rejections_total: {
    kind: "counter",
    help: "Transitions and starts that a guard refused.",
    labels: ["definition", "transition"],
  },
  flowgate_rate_limited_total: {
    kind: "counter",
    help: "Calls that a rate limit refused.",
    labels: ["definition"],
  },
  flowgate_auth_rejected_total: {
    kind: "counter",
    help: "Requests whose sender could not be identified.",
    labels: [],
  },
  flowgate_executor_attempts_total: {
    kind: "counter",
    help: "Attempts of executors: succeeded, failed, unknown, waiting.",
    labels: ["kind", "connection", "outcome"],
  },
  flowgate_executor_duration_seconds: {
    kind: "histogram",
    help: "Time that one attempt of an executor took.",
    labels: ["kind", "connection"],
  },
  flowgate_executor_in_flight: {
    kind: "sampled gauge",
    help: "Attempts that are running.",
    labels: ["kind", "connection"],
  },
  flowgate_executor_retries_total: {
    kind: "counter",
    help: "Attempts that failed and were followed by another.",
    labels: ["definition"],
  },
  flowgate_executor_fallbacks_total: {
    kind: "counter",
    help: "Steps that went on with another executor.",
    labels: ["definition"],
  },
  flowgate_executor_unknown_total: {
    kind: "counter",
    help: "Steps of which nobody knows whether they took effect.",
    labels: ["definition"],
  },
  flowgate_executor_recovered_total: {
    kind: "counter",
    help: "Steps taken over from a process that is gone.",
    labels: ["definition"],
  },
  flowgate_circuit_changes_total: {
    kind: "counter",
    help: "Circuit breakers that opened or closed.",
    labels: ["definition", "state"],
  },
  flowgate_approvals_requested_total: {
    kind: "counter",
    help: "Approvals that people were asked for.",
    labels: ["queue"],
  },
  flowgate_approvals_resolved_total: {
    kind: "counter",
    help: "Decisions of people.",
    labels: ["queue", "decision"],
  },
  flowgate_approvals_expired_total: {
    kind: "counter",
    help: "Approvals that nobody decided in time.",
    labels: ["queue"],
  },
  flowgate_approvals_pending: {
    kind: "sampled gauge",
    help: "Approvals that wait, in the store. At most 1000 are counted.",
    labels: ["queue"],
  },
  flowgate_approvals_oldest_age_seconds: {
    kind: "sampled gauge",
    help: "Age of the approval that waits longest; 0 where none does.",
    labels: ["queue"],
  },
  flowgate_store_duration_seconds: {
    kind: "histogram",
    help: "Time that the store took for one operation.",
    labels: ["operation"],
  },
  flowgate_store_errors_total: {
    kind: "counter",
    help: "Operations that the store failed.",
    labels: ["operation", "code"],
  },
  flowgate_store_conflicts_total: {
    kind: "counter",
    help: "Writes that came second, by what had moved.",
    labels: ["on"],
  },
  flowgate_due_work: {
    kind: "sampled gauge",
    help: "Timers, retries, orphaned steps and signals that are due and not done yet. At most 100 of each are counted.",
    labels: ["kind"],
  },
  flowgate_audit_events_total: {
    kind: "counter",
    help: "Audit events, counted once every sink that must not fail has taken them.",
    labels: ["type"],
  },
  flowgate_audit_sink_up: {
    kind: "sampled gauge",
    help: "1 where a sink records, 0 where it fails.",
    labels: ["sink", "index"],
  },
  flowgate_audit_lost_total: {
    kind: "sampled counter",
    help: "Events that a sink did not record although their effects happened (fail_open).",
    labels: ["sink", "index"],
  },
  flowgate_audit_refused_total: {
    kind: "sampled counter",
    help: "Events whose effects were refused because a sink could not record them (fail_closed).",
    labels: ["sink", "index"],
  },
  flowgate_audit_pending_events: {
    kind: "sampled gauge",
    help: "Events that a sink has taken and not recorded yet.",
    labels: ["sink", "index"],
  },
  flowgate_audit_lag_seconds: {
    kind: "sampled gauge",
    help: "Age of the oldest event that a sink has taken and not recorded yet.",
    labels: ["sink", "index"],
  },
  flowgate_connection_up: {
    kind: "sampled gauge",
    help: "1 where a session with an MCP server is open, 0 where it is not.",
    labels: ["connection"],
  },
  flowgate_connection_starts_total: {
    kind: "sampled counter",
    help: "Sessions that were begun with an MCP server.",
    labels: ["connection"],
  },
  flowgate_connection_failures_total: {
    kind: "counter",
    help: "Sessions that ended on their own or could not begin.",
    labels: ["connection"],
  },
  flowgate_child_processes: {
    kind: "sampled gauge",
    help: "MCP servers that run as children.",
    labels: [],
  },
  flowgate_imports_failing: {
    kind: "sampled gauge",
    help: "Imports whose tools could not be listed yet.",
    labels: [],
  },
  flowgate_ready: {
    kind: "sampled gauge",
    help: "1 where the gateway is ready, 0 where a check of /ready fails.",
    labels: [],
  },
  flowgate_check_failing: {
    kind: "sampled gauge",
    help: "1 where this check of /ready fails.",
    labels: ["check"],
  },
  flowgate_degraded: {
    kind: "sampled gauge",
    help: "1 for each part that does not work while calls are served: bus.",
    labels: ["check"],
  },
  flowgate_replicas: {
    kind: "sampled gauge",
    help: "Replicas of this configuration's store that live, this one among them.",
    labels: [],
  },
  flowgate_replica_configs: {
    kind: "sampled gauge",
    help: "How many different configurations those replicas run. More than 1 for long is a reload or an upgrade that did not reach all.",
    labels: [],
  },
  flowgate_config_reload_failing: {
    kind: "sampled gauge",
    help: "1 where the last reload changed nothing at this replica.",
    labels: [],
  },
  flowgate_telemetry_dropped_total: {
    kind: "sampled counter",
    help: "Spans that were not exported: the collector did not take them, or too many waited.",
    labels: ["signal"],
  },
  flowgate_event_loop_lag_seconds: {
    kind: "sampled gauge",
    help: "Delay of the event loop since the last look, by percentile.",
    labels: ["percentile"],
  },
  flowgate_event_loop_utilization: {
    kind: "sampled gauge",
    help: "Share of the time since the last look in which the event loop was busy.",
    labels: [],
  },
  flowgate_process_cpu_seconds_total: {
    kind: "sampled counter",
    help: "Processor time, user and system.",
    labels: [],
  },
  flowgate_process_resident_memory_bytes: {
    kind: "sampled gauge",
    help: "Resident memory.",
    labels: [],
  },
  flowgate_process_heap_used_bytes: { kind: "sampled gauge", help: "JavaScript heap in use.", labels: [] },
  flowgate_process_start_time_seconds: {
    kind: "sampled gauge",
    help: "When the process began, in seconds since the epoch.",
    labels: [],
  },
  flowgate_build_info: {
    kind: "sampled gauge",
    help: "Always 1; the labels say what runs.",
    labels: ["version", "node", "config"],
  },
};

/** Series of one metric; whatever comes beyond is counted under `otel_metric_overflow="true"`. */
export const MAX_SERIES = 2000;
