import { FlowgateError, type AuditDraft, type AuditSink, type Log } from "@mcp-flowgate/core";

/** An audit trail in a list, which can be made to refuse. */
export interface RecordingAudit extends AuditSink {
  readonly events: readonly AuditDraft[];
  /** Types in order, of one workflow where one is named. */
  types(workflowId?: string): readonly string[];
  /** Refuses events of these types, or all of them, until it is called without any. */
  refuse(types?: "all" | readonly string[]): void;
  /** For stores that chain records themselves: whether an event of this type is refused now. */
  refuses(type: string): boolean;
}

export function createRecordingAudit(): RecordingAudit {
  const events: AuditDraft[] = [];
  let refused: "all" | readonly string[] = [];
  const refuses = (type: string): boolean => refused === "all" || refused.includes(type);
  return {
    events,
    types: (workflowId) =>
      events
        .filter((event) => workflowId === undefined || event.workflowId === workflowId)
        .map((event) => event.type),
    refuse(types = []) {
      refused = types;
    },
    refuses,
    async append(batch) {
      const full = batch.some(({ type }) => refuses(type));
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
