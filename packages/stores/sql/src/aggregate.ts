import type {
  Approval,
  Evidence,
  InstanceAggregate,
  Operation,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { fromJsonText } from "./json-text.ts";

/** What was read of an instance, each kind in the order in which it was written. */
export interface AggregateParts {
  readonly instance: WorkflowInstance;
  readonly operation: Operation | undefined;
  readonly evidence: readonly Evidence[];
  /** Among other rows, which have no id. It is a key. */
  readonly approvals: readonly {
    readonly id: string | null;
    readonly status: string | null;
    readonly body: string;
  }[];
  readonly timers: readonly Timer[];
  readonly signals: readonly Signal[];
}

/** An instance with what belongs to it. Of approvals, those that are pending and those that a signal announces. */
export function toAggregate(parts: AggregateParts, toKey: (text: string) => string): InstanceAggregate {
  const { instance, operation, evidence, timers, signals } = parts;
  const announced = new Set(
    signals.map(({ payload }) =>
      typeof payload["approvalId"] === "string" ? toKey(payload["approvalId"]) : "",
    ),
  );
  return {
    instance,
    ...(operation === undefined ? {} : { operation }),
    evidence,
    approvals: parts.approvals
      .filter(({ id, status }) => id !== null && (status === "pending" || announced.has(id)))
      .map(({ body }) => fromJsonText<Approval>(body)),
    timers,
    signals,
  };
}
