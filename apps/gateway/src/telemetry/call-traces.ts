import type { AuditDraft, WorkflowStore } from "@mcp-flowgate/core";
import { passOn } from "../store/pass-on.ts";
import type { Surface } from "../surface/surface.ts";
import { beginTrace, parseTraceparent, toTraceparent, type TraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

/**
 * Owns: which trace each running call belongs to, by its correlation id.
 *
 * C1 Every call has a trace: the caller's where it names a valid one, else one that begins here, recorded or not.
 * C2 What the call causes carries that trace: operations, downstream calls and events, also those of a refusal.
 */
export interface CallTraces {
  surface(surface: Surface): Surface;
  /** A store that gives events of running calls the id of their trace. */
  store(store: WorkflowStore): WorkflowStore;
  of(correlationId: string): TraceContext | undefined;
}

export function createCallTraces(tracer: Tracer | undefined): CallTraces {
  const running = new Map<string, TraceContext>();

  const withTrace = (event: AuditDraft): AuditDraft => {
    if (event.traceId !== undefined) return event;
    const traceId = running.get(event.correlationId)?.traceId;
    return traceId === undefined ? event : { ...event, traceId };
  };

  return {
    of: (correlationId) => running.get(correlationId),
    surface: (surface) => ({
      ...surface,
      async call(name, args, caller) {
        const given = parseTraceparent(caller.traceparent);
        const span = tracer?.beginCall(name, caller, given);
        const context = span?.context ?? given ?? beginTrace();
        running.set(caller.correlationId, context);
        try {
          const answer = await surface.call(name, args, { ...caller, traceparent: toTraceparent(context) });
          span?.end(answer);
          return answer;
        } finally {
          running.delete(caller.correlationId);
        }
      },
    }),
    store: (store) => ({
      ...passOn(store),
      apply: (batch) => store.apply({ ...batch, audit: batch.audit.map(withTrace) }),
      record: (events) => store.record(events.map(withTrace)),
    }),
  };
}
