import type { Attributes, BatchObservableResult, Counter, Histogram, Observable } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
  type IMetricReader,
} from "@opentelemetry/sdk-metrics";
import type { Meter, Sampler } from "./meter.ts";
import { MAX_SERIES, METRICS, type MetricEntry } from "./metric-catalogue.ts";
import { toSignalUrl } from "./otlp-url.ts";

export interface OtelMetrics {
  readonly meter: Meter;
  /** The exposition format of Prometheus. */
  expose(): Promise<string>;
  /** Sends what is new, for a bounded time. */
  close(): Promise<void>;
}

/** From the fastest answer out of memory to the longest wait that a call may have. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Instances live for as long as people take. */
const LONG_SECONDS = [0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];
const EXPORT_EVERY_MS = 15_000;
const EXPORT_TIMEOUT_MS = 5000;
const SAMPLE_TIMEOUT_MS = 5000;

/** Metrics by the OpenTelemetry SDK. This module loads it: it is imported only where somebody wants metrics. */
export async function createOtelMetrics(options: {
  readonly version: string;
  readonly instance: string;
  readonly otlp?: string;
  /** Of requests to the collector. */
  readonly headers?: { readonly [name: string]: string };
  readonly sample: Sampler;
}): Promise<OtelMetrics> {
  const pull = new PullReader({ cardinalitySelector: () => MAX_SERIES });
  const readers: IMetricReader[] = [pull];
  if (options.otlp !== undefined) readers.push(await pushReader(options.otlp, options.headers));
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      "service.name": "mcp-flowgate",
      "service.version": options.version,
      "service.instance.id": options.instance,
    }),
    readers,
  });
  const sdk = provider.getMeter("mcp-flowgate", options.version);
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const sampled = new Map<string, Observable>();
  for (const [name, entry] of Object.entries<MetricEntry>(METRICS)) {
    const about = { description: entry.help };
    if (entry.kind === "counter") counters.set(name, sdk.createCounter(name, about));
    else if (entry.kind === "histogram") {
      const explicitBucketBoundaries = name === "flowgate_workflow_duration_seconds" ? LONG_SECONDS : SECONDS;
      histograms.set(name, sdk.createHistogram(name, { ...about, advice: { explicitBucketBoundaries } }));
    } else if (entry.kind === "sampled counter") sampled.set(name, sdk.createObservableCounter(name, about));
    else sampled.set(name, sdk.createObservableGauge(name, about));
  }
  const look = async (result: BatchObservableResult): Promise<void> =>
    options.sample({
      put: (name, value, labels) =>
        result.observe(sampled.get(name) as Observable, value, labels as Attributes),
    });
  sdk.addBatchObservableCallback(look, [...sampled.values()]);
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return {
    meter: {
      count: (name, labels) => counters.get(name)?.add(1, labels as Attributes),
      time: (name, seconds, labels) => histograms.get(name)?.record(seconds, labels as Attributes),
    },
    async expose() {
      const { resourceMetrics } = await pull.collect({ timeoutMillis: SAMPLE_TIMEOUT_MS });
      return serializer.serialize(resourceMetrics);
    },
    close: () => provider.shutdown({ timeoutMillis: EXPORT_TIMEOUT_MS }).catch(() => undefined),
  };
}

type OtelHeaders = { readonly [name: string]: string };

/** Nothing happens until somebody reads. */
class PullReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

async function pushReader(otlp: string, headers: OtelHeaders = {}): Promise<IMetricReader> {
  // Prometheus alone needs none of it.
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({
      url: toSignalUrl(otlp, "/v1/metrics"),
      headers: { ...headers },
      timeoutMillis: EXPORT_TIMEOUT_MS,
    }),
    exportIntervalMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
}
