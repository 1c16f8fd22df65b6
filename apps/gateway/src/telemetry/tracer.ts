import type { AuditDraft, ExecutorContext, ExecutorOutcome, ResolvedCall } from "@mcp-flowgate/core";
import type { Answer, Caller } from "../surface/answer.ts";
import type { Samples } from "./meter.ts";
import type { TraceContext } from "./trace-context.ts";

/** Spans, whoever exports them. Nothing here waits for a collector. */
export interface Tracer {
  beginCall(tool: string, caller: Caller, parent: TraceContext | undefined): OpenSpan<Answer>;
  /** Below the span of the call that caused the attempt, however long ago and in whichever process that was. */
  beginAttempt(call: ResolvedCall, context: ExecutorContext): OpenSpan<ExecutorOutcome>;
  /** What a set of guards decided, as its event says; a moment in the span of its call. */
  noteGuards(event: AuditDraft, parent: TraceContext): void;
  sample(samples: Samples): void;
  /** Sends what waits, for a bounded time. */
  close(): Promise<void>;
}

export interface OpenSpan<Outcome> {
  readonly context: TraceContext;
  end(outcome: Outcome): void;
}
