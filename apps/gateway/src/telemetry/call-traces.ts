import type { AuditDraft, Executor, WorkflowStore } from "@mcp-flowgate/core";
import { passOn } from "../store/pass-on.ts";
import type { Surface } from "../surface/surface.ts";
import {
  beginTrace,
  parseTraceparent,
  readTracestate,
  toTraceparent,
  type TraceContext,
} from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

/**
 * Owns: which trace each running call belongs to, by its correlation id.
 *
 * C1 Every call has a trace: the caller's where it names a valid one, else one that begins here, recorded or not.
 * C2 What the call causes carries that trace: operations, downstream calls and events, also those of a refusal.
 * C3 What the caller's `tracestate` says goes with downstream calls while the call runs. It is not kept for later ones.
 */
export interface CallTraces {
  surface(surface: Surface): Surface;
  /** A store that gives events of running calls the id of their trace. */
  store(store: WorkflowStore): WorkflowStore;
  of(correlationId: string): TraceContext | undefined;
  /** An executor that passes on the state of the trace of a running call. */
  executor(executor: Executor): Executor;
}

export function createCallTraces(tracer: Tracer | undefined): CallTraces {
  const running = new Map<string, TraceContext>();
  const states = new Map<string, string>();

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
        const state = given === undefined ? undefined : readTracestate(caller.tracestate);
        if (state !== undefined) states.set(caller.correlationId, state);
        try {
          const answer = await surface.call(name, args, { ...caller, traceparent: toTraceparent(context) });
          span?.end(answer);
          return answer;
        } finally {
          running.delete(caller.correlationId);
          states.delete(caller.correlationId);
        }
      },
    }),
    executor: (executor) => ({
      kind: executor.kind,
      execute(call, context) {
        const tracestate = states.get(context.correlationId);
        return executor.execute(call, tracestate === undefined ? context : { ...context, tracestate });
      },
      close: async () => executor.close?.(),
    }),
    store: (store) => ({
      ...passOn(store),
      apply: (batch) => store.apply({ ...batch, audit: batch.audit.map(withTrace) }),
      record: (events) => store.record(events.map(withTrace)),
    }),
  };
}
