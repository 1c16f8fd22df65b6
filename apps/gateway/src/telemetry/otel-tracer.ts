import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Span,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import { isJsonObject, type Json, type Log } from "@mcp-flowgate/core";
import { connectionOf, outcomeOf } from "./observed-executor.ts";
import { codeOf } from "./observed-surface.ts";
import { toSignalUrl } from "./otlp-url.ts";
import { parseTraceparent, type TraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

/** Spans that may wait for the collector; more are dropped and counted. */
const MOST_WAITING = 2048;
const EXPORT_EVERY_MS = 1000;
const EXPORT_TIMEOUT_MS = 3000;
/** A collector that is gone must not hold up the end of the process. */
const CLOSE_MS = 1000;

/** Spans by the OpenTelemetry SDK. This module loads it: it is imported only where traces are configured. */
export function createOtelTracer(options: {
  readonly version: string;
  readonly instance: string;
  readonly otlp: string;
  /** The share of calls without a trace of their own that is recorded, from 0 to 1. */
  readonly sample: number;
  readonly headers?: { readonly [name: string]: string };
  readonly log: Log;
}): Tracer {
  const losses = { dropped: 0, waiting: 0 };
  const exporter = countedExporter(
    new OTLPTraceExporter({
      url: toSignalUrl(options.otlp, "/v1/traces"),
      headers: { ...options.headers },
      timeoutMillis: EXPORT_TIMEOUT_MS,
    }),
    losses,
    options.log,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "mcp-flowgate",
      "service.version": options.version,
      "service.instance.id": options.instance,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sample) }),
    spanProcessors: [
      boundedProcessor(
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: MOST_WAITING,
          scheduledDelayMillis: EXPORT_EVERY_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        }),
        losses,
      ),
    ],
  });
  const tracer = provider.getTracer("mcp-flowgate", options.version);

  return {
    beginCall(tool, caller, parent) {
      const { subject, tenant } = caller.principal;
      const attributes = {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": tool,
        "enduser.id": subject,
        "flowgate.tenant": tenant,
        "flowgate.correlation_id": caller.correlationId,
      };
      const span = tracer.startSpan(
        `tools/call ${tool}`,
        { kind: SpanKind.SERVER, attributes },
        contextOf(parent),
      );
      return {
        context: toTraceContext(span),
        end(answer) {
          const code = codeOf(answer);
          const { workflow, result } = answer.body;
          setText(span, "flowgate.workflow_id", member(workflow, "id"));
          setText(span, "flowgate.definition_id", member(workflow, "definitionId"));
          setText(span, "flowgate.status", member(result, "status"));
          setText(span, "flowgate.code", code);
          // A refusal is an answer; a failure is an error.
          if (code !== undefined && member(result, "status") !== "rejected")
            span.setStatus({ code: SpanStatusCode.ERROR, message: code });
          span.end();
        },
      };
    },
    beginAttempt(call, context) {
      const connection = connectionOf(call);
      const attributes = {
        "flowgate.executor.kind": call.kind,
        "flowgate.connection": connection,
        "flowgate.workflow_id": context.workflowId,
        "flowgate.definition_id": context.definitionId,
        "flowgate.transition": context.transition,
        "flowgate.attempt": context.attempt,
        "flowgate.correlation_id": context.correlationId,
        ...(call.kind === "mcp" ? { "gen_ai.tool.name": call.tool } : {}),
        ...(call.kind === "http" ? { "http.request.method": call.method } : {}),
      };
      const span = tracer.startSpan(
        `execute ${call.kind}${connection === "" ? "" : ` ${connection}`}`,
        { kind: SpanKind.CLIENT, attributes },
        contextOf(parseTraceparent(context.traceparent)),
      );
      return {
        context: toTraceContext(span),
        end(outcome) {
          span.setAttribute("flowgate.outcome", outcomeOf(outcome));
          if (outcome.status === "failed") {
            span.setAttribute("error.type", outcome.errorClass);
            span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.errorClass });
          }
          span.end();
        },
      };
    },
    noteGuards(event, parent) {
      const transition = member(event.payload, "transition") ?? "";
      const span = tracer.startSpan(
        `guards ${transition}`,
        {
          kind: SpanKind.INTERNAL,
          startTime: event.at,
          attributes: {
            "flowgate.transition": transition,
            "flowgate.passed": event.type === "guard.evaluated",
            "flowgate.definition_id": event.definitionId ?? "",
            "flowgate.correlation_id": event.correlationId,
          },
        },
        contextOf(parent),
      );
      const { guards } = event.payload;
      if (Array.isArray(guards))
        span.setAttribute(
          "flowgate.guards",
          guards.map((guard: Json) => member(guard, "kind") ?? ""),
        );
      span.end(event.at);
    },
    sample: (samples) =>
      samples.put("flowgate_telemetry_dropped_total", losses.dropped, { signal: "traces" }),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), patience]);
      clearTimeout(timer);
    },
  };
}

interface Losses {
  dropped: number;
  waiting: number;
}

function boundedProcessor(inner: SpanProcessor, losses: Losses): SpanProcessor {
  return {
    onStart: (span, context) => inner.onStart(span, context),
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (losses.waiting >= MOST_WAITING) {
        losses.dropped += 1;
        return;
      }
      losses.waiting += 1;
      inner.onEnd(span);
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
}

/** Says once that the collector does not take spans, and once that it does again. */
function countedExporter(inner: SpanExporter, losses: Losses, log: Log): SpanExporter {
  let failing = false;
  return {
    export(spans: ReadableSpan[], done) {
      inner.export(spans, (result) => {
        losses.waiting -= spans.length;
        const failed = result.code !== 0;
        if (failed) losses.dropped += spans.length;
        if (failed && !failing)
          log.warn("the collector does not take traces; they are dropped", {
            error: result.error?.message ?? "no reason given",
          });
        if (!failed && failing) log.info("the collector takes traces again", { dropped: losses.dropped });
        failing = failed;
        done(result);
      });
    },
    shutdown: () => inner.shutdown(),
    forceFlush: async () => inner.forceFlush?.(),
  };
}

function contextOf(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}

function toTraceContext(span: Span): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

function setText(span: Span, name: string, value: string | undefined): void {
  if (value !== undefined) span.setAttribute(name, value);
}

function member(value: Json | undefined, name: string): string | undefined {
  if (value === undefined || !isJsonObject(value)) return undefined;
  const found = value[name];
  return typeof found === "string" ? found : undefined;
}
