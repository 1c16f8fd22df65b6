import { FlowgateError, type AuditDraft, type AuditSink, type Log } from "@mcp-flowgate/core";

/** An audit trail in a list, which can be made to refuse. */
export interface RecordingAudit extends AuditSink {
  readonly events: readonly AuditDraft[];
  /** Types in order, of one workflow where one is named. */
  types(workflowId?: string): readonly string[];
  /** Refuses events of these types, or all of them, until it is called without any. */
  refuse(types?: "all" | readonly string[]): void;
}

export function createRecordingAudit(): RecordingAudit {
  const events: AuditDraft[] = [];
  let refused: "all" | readonly string[] = [];
  return {
    events,
    types: (workflowId) =>
      events
        .filter((event) => workflowId === undefined || event.workflowId === workflowId)
        .map((event) => event.type),
    refuse(types = []) {
      refused = types;
    },
    async append(batch) {
      const full = refused === "all" || batch.some((event) => refused.includes(event.type));
      if (full) throw new FlowgateError("AUDIT_UNAVAILABLE", "no space left");
      events.push(...batch);
    },
  };
}

/** A log that nobody reads. */
export const silentLog: Log = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
});
