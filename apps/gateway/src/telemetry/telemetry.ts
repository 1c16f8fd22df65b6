import { hostname } from "node:os";
import type { AuditSink, Executor, GatewayPlan, Log, WorkflowStore } from "@mcp-flowgate/core";
import type { Surface } from "../surface/surface.ts";
import { VERSION } from "../version.ts";
import { createCallTraces } from "./call-traces.ts";
import { countRecorded } from "./count-events.ts";
import { deferMetrics } from "./deferred-metrics.ts";
import type { Meter, Sampler, Samples } from "./meter.ts";
import type { OtelMetrics } from "./otel-metrics.ts";
import { createInFlight, observeExecutor } from "./observed-executor.ts";
import { observeStore } from "./observed-store.ts";
import { observeSurface } from "./observed-surface.ts";
import { createTally } from "./tally.ts";
import { createGatewaySampler, type SampledParts } from "./sample-gateway.ts";
import { traceExecutor, traceGuards } from "./traced-parts.ts";
import type { Tracer } from "./tracer.ts";

/**
 * What is measured and traced of a gateway. It stands around the ports, at the one place that wires them: the parts know
 * nothing of it, and no library of telemetry is loaded for what is not configured.
 */
export interface Telemetry {
  audit(sink: AuditSink): AuditSink;
  store(store: WorkflowStore): WorkflowStore;
  executor(executor: Executor): Executor;
  surface(surface: Surface): Surface;
  /** Tells what is looked at when somebody asks for metrics. */
  watch(parts: SampledParts): void;
  /** Loads what the start did without. */
  load(): Promise<void>;
  /** The exposition format of Prometheus; left out where `telemetry.metrics.prometheus` is off. */
  readonly expose?: () => Promise<string>;
  /** Sends what waits, for a bounded time. */
  close(): Promise<void>;
}

/**
 * @param isScraped metrics can be asked for: there is an HTTP listener.
 * @param config The hash of the configuration that runs now.
 */
export async function createTelemetry(
  plan: GatewayPlan,
  isScraped: boolean,
  config: () => string,
  log: Log,
): Promise<Telemetry> {
  const tracer = await openTracer(plan, log);
  const metrics = await openMetrics(plan, isScraped, config, tracer);
  const traces = createCallTraces(tracer);
  const meter = metrics?.meter;
  return {
    audit(sink) {
      const traced = tracer === undefined ? sink : traceGuards(sink, tracer, traces);
      return meter === undefined ? traced : countRecorded(traced, meter);
    },
    store(store) {
      const traced = traces.store(store);
      return meter === undefined ? traced : observeStore(traced, meter);
    },
    executor(executor) {
      const inTrace = traces.executor(executor);
      const traced = tracer === undefined ? inTrace : traceExecutor(inTrace, tracer);
      return metrics === undefined ? traced : observeExecutor(traced, metrics.meter, metrics.inFlight);
    },
    surface(surface) {
      const traced = traces.surface(surface);
      if (metrics === undefined) return traced;
      const observed = observeSurface(traced, metrics.meter);
      metrics.samplers.push(async (samples) => observed.sample(samples));
      return observed;
    },
    watch: (parts) => void metrics?.samplers.push(createGatewaySampler(parts)),
    async load() {
      await metrics?.load?.();
    },
    ...(metrics?.expose === undefined ? {} : { expose: metrics.expose }),
    async close() {
      await Promise.all([tracer?.close(), metrics?.close()]);
    },
  };
}

interface OpenMetrics {
  readonly meter: Meter;
  readonly inFlight: ReturnType<typeof createInFlight>;
  readonly samplers: Sampler[];
  readonly load?: () => Promise<unknown>;
  readonly expose?: () => Promise<string>;
  close(): Promise<void>;
}

async function openMetrics(
  plan: GatewayPlan,
  isScraped: boolean,
  config: () => string,
  tracer: Tracer | undefined,
): Promise<OpenMetrics | undefined> {
  const { prometheus, otlp, headers } = plan.telemetry.metrics;
  const exposes = prometheus && isScraped;
  if (!exposes && otlp === undefined) return undefined;
  const { createProcessSampler } = await import("./sample-process.ts");
  const inFlight = createInFlight();
  const itself = createProcessSampler();
  const samplers: Sampler[] = [];
  const tally = createTally();
  const sample = async (samples: Samples): Promise<void> => {
    samples.put("flowgate_build_info", 1, {
      version: VERSION,
      node: process.versions.node,
      config: config().slice(0, 12),
    });
    itself.sample(samples);
    inFlight.sample(samples);
    tracer?.sample(samples);
    for (const sampler of samplers) await sampler(samples);
  };
  const open = async (): Promise<OtelMetrics> => {
    const { createOtelMetrics } = await import("./otel-metrics.ts");
    return createOtelMetrics({
      version: VERSION,
      instance: instanceName(),
      ...(otlp === undefined ? {} : { otlp }),
      ...(headers === undefined ? {} : { headers }),
      tally,
      sample,
    });
  };
  // What is sent must be sent from the beginning; what is asked for can wait until somebody asks.
  const deferred = otlp === undefined ? deferMetrics(open) : undefined;
  const { expose, close } = deferred ?? (await open());
  return {
    meter: tally.meter,
    inFlight,
    samplers,
    ...(deferred === undefined ? {} : { load: deferred.load }),
    ...(exposes ? { expose } : {}),
    async close() {
      await close();
      itself.close();
    },
  };
}

async function openTracer(plan: GatewayPlan, log: Log): Promise<Tracer | undefined> {
  const { traces } = plan.telemetry;
  if (traces === undefined) return undefined;
  const { createOtelTracer } = await import("./otel-tracer.ts");
  return createOtelTracer({ version: VERSION, instance: instanceName(), ...traces, log });
}

/** By which one replica is told from another. */
function instanceName(): string {
  return `${hostname()}:${process.pid}`;
}
