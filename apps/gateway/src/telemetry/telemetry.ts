import { hostname } from "node:os";
import type { AuditSink, Executor, GatewayPlan, WorkflowStore } from "@mcp-flowgate/core";
import type { Surface } from "../surface/surface.ts";
import { VERSION } from "../version.ts";
import { countRecorded } from "./count-events.ts";
import type { Sampler, Samples } from "./meter.ts";
import { createInFlight, observeExecutor } from "./observed-executor.ts";
import { observeStore } from "./observed-store.ts";
import { observeSurface } from "./observed-surface.ts";
import { createGatewaySampler, type SampledParts } from "./sample-gateway.ts";

/**
 * What is measured of a gateway. It stands around the ports, at the one place that wires them: the parts know nothing of
 * it, and where nothing is configured they are handed back as they are and no library of telemetry is loaded.
 */
export interface Telemetry {
  audit(sink: AuditSink): AuditSink;
  store(store: WorkflowStore): WorkflowStore;
  executor(executor: Executor): Executor;
  surface(surface: Surface): Surface;
  /** Tells what is looked at when somebody asks for metrics. */
  watch(parts: SampledParts): void;
  /** The exposition format of Prometheus; left out where `telemetry.metrics.prometheus` is off. */
  readonly expose?: () => Promise<string>;
  /** Sends what waits, for a bounded time. */
  close(): Promise<void>;
}

/** @param isScraped metrics can be asked for: there is an HTTP listener. */
export async function createTelemetry(plan: GatewayPlan, isScraped: boolean): Promise<Telemetry> {
  const { prometheus, otlp } = plan.telemetry.metrics;
  const exposes = prometheus && isScraped;
  if (!exposes && otlp === undefined) return NO_TELEMETRY;
  const { createOtelMetrics } = await import("./otel-metrics.ts");
  const { createProcessSampler } = await import("./sample-process.ts");
  const inFlight = createInFlight();
  const itself = createProcessSampler();
  const samplers: Sampler[] = [];
  const sample = async (samples: Samples): Promise<void> => {
    const config = plan.hash.slice(0, 12);
    samples.put("flowgate_build_info", 1, { version: VERSION, node: process.versions.node, config });
    itself.sample(samples);
    inFlight.sample(samples);
    for (const sampler of samplers) await sampler(samples);
  };
  const metrics = createOtelMetrics({
    version: VERSION,
    instance: `${hostname()}:${process.pid}`,
    ...(otlp === undefined ? {} : { otlp }),
    sample,
  });
  const { meter } = metrics;
  return {
    audit: (sink) => countRecorded(sink, meter),
    store: (store) => observeStore(store, meter),
    executor: (executor) => observeExecutor(executor, meter, inFlight),
    surface(surface) {
      const observed = observeSurface(surface, meter);
      samplers.push(async (samples) => observed.sample(samples));
      return observed;
    },
    watch: (parts) => void samplers.push(createGatewaySampler(parts)),
    ...(exposes ? { expose: () => metrics.expose() } : {}),
    async close() {
      await metrics.close();
      itself.close();
    },
  };
}

const NO_TELEMETRY: Telemetry = Object.freeze({
  audit: (sink: AuditSink) => sink,
  store: (store: WorkflowStore) => store,
  executor: (executor: Executor) => executor,
  surface: (surface: Surface) => surface,
  watch: () => undefined,
  close: () => Promise.resolve(),
});
