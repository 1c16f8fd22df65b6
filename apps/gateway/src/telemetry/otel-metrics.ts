import type { Attributes, BatchObservableResult, Observable } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { Sampler } from "./meter.ts";
import { MAX_SERIES, METRICS, type MetricEntry } from "./metric-catalogue.ts";
import { toSignalUrl } from "./otlp-url.ts";
import { createTallyProducer } from "./tallied-metrics.ts";
import type { Tally } from "./tally.ts";

export interface OtelMetrics {
  /** The exposition format of Prometheus. */
  expose(): Promise<string>;
  /** Sends what is new, for a bounded time. */
  close(): Promise<void>;
}

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
  /** What is counted as it happens. */
  readonly tally: Tally;
  /** Looks at the rest. */
  readonly sample: Sampler;
}): Promise<OtelMetrics> {
  const metricProducers = [createTallyProducer(options.tally, options.version)];
  const pull = new PullReader({ cardinalitySelector: () => MAX_SERIES, metricProducers });
  const readers: IMetricReader[] = [pull];
  if (options.otlp !== undefined)
    readers.push(await pushReader(options.otlp, metricProducers, options.headers));
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      "service.name": "mcp-flowgate",
      "service.version": options.version,
      "service.instance.id": options.instance,
    }),
    readers,
  });
  const sdk = provider.getMeter("mcp-flowgate", options.version);
  const sampled = new Map<string, Observable>();
  for (const [name, { kind, help }] of Object.entries<MetricEntry>(METRICS)) {
    const about = { description: help };
    if (kind === "sampled counter") sampled.set(name, sdk.createObservableCounter(name, about));
    else if (kind === "sampled gauge") sampled.set(name, sdk.createObservableGauge(name, about));
  }
  const look = async (result: BatchObservableResult): Promise<void> =>
    options.sample({
      put: (name, value, labels) =>
        result.observe(sampled.get(name) as Observable, value, labels as Attributes),
    });
  sdk.addBatchObservableCallback(look, [...sampled.values()]);
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return {
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

async function pushReader(
  otlp: string,
  metricProducers: MetricProducer[],
  headers: OtelHeaders = {},
): Promise<IMetricReader> {
  // Prometheus alone needs none of it.
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({
      url: toSignalUrl(otlp, "/v1/metrics"),
      headers: { ...headers },
      timeoutMillis: EXPORT_TIMEOUT_MS,
    }),
    metricProducers,
    exportIntervalMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
}
