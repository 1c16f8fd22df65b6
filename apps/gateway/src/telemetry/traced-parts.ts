import type { AuditSink, Executor } from "@mcp-flowgate/core";
import type { CallTraces } from "./call-traces.ts";
import { toTraceparent } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

/** An executor whose attempts are spans; what it calls continues the trace below them. */
export function traceExecutor(executor: Executor, tracer: Tracer): Executor {
  return {
    kind: executor.kind,
    async execute(call, context) {
      const span = tracer.beginAttempt(call, context);
      const outcome = await executor.execute(call, { ...context, traceparent: toTraceparent(span.context) });
      span.end(outcome);
      return outcome;
    },
    close: async () => executor.close?.(),
  };
}

/** A sink that makes a span of what the guards of a running call decided. */
export function traceGuards(sink: AuditSink, tracer: Tracer, traces: CallTraces): AuditSink {
  return {
    async append(events) {
      for (const event of events) {
        if (event.type !== "guard.evaluated" && event.type !== "guard.rejected") continue;
        const parent = traces.of(event.correlationId);
        if (parent !== undefined) tracer.noteGuards(event, parent);
      }
      await sink.append(events);
    },
  };
}
