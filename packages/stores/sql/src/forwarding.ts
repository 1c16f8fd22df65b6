import type { AuditDraft, AuditSink, Log } from "@mcp-flowgate/core";

/** Tells a sink of events that were committed. What it fails at is logged: the records themselves are in the store. */
export interface Forwarding {
  /** In the order of the commits. Nobody waits for it. */
  forward(events: readonly AuditDraft[]): void;
  /** Resolves once the sink has answered for all of them. */
  drained(): Promise<void>;
}

/** @param sink left out where nobody is to be told. */
export function createForwarding(sink: AuditSink | undefined, log: Log): Forwarding {
  const underWay = new Set<Promise<void>>();
  const append = async (to: AuditSink, events: readonly AuditDraft[]): Promise<void> => {
    try {
      await to.append(events);
    } catch (thrown) {
      log.warn("audit events could not be forwarded", { events: events.length, error: String(thrown) });
    }
  };
  return {
    forward(events) {
      if (sink === undefined || events.length === 0) return;
      const forwarding = append(sink, events).finally(() => underWay.delete(forwarding));
      underWay.add(forwarding);
    },
    async drained() {
      await Promise.all(underWay);
    },
  };
}
