import { ValueType, type HrTime } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import { METRICS } from "./metric-catalogue.ts";
import type { Counted, Tally, TalliedMetric, Timed } from "./tally.ts";

/** A tally as a source of OpenTelemetry's readers, beside what its SDK samples. */
export function createTallyProducer(tally: Tally, version: string): MetricProducer {
  const startTime = toHrTime(Date.now());
  return {
    async collect() {
      const endTime = toHrTime(Date.now());
      const metrics = tally.read().map((metric) => toMetricData(metric, startTime, endTime));
      return {
        resourceMetrics: {
          // Readers take the resource of the SDK.
          resource: resourceFromAttributes({}),
          scopeMetrics: [{ scope: { name: "mcp-flowgate", version }, metrics }],
        },
        errors: [],
      };
    },
  };
}

function toMetricData(metric: TalliedMetric, startTime: HrTime, endTime: HrTime): MetricData {
  const { name } = metric;
  const about = {
    descriptor: { name, description: METRICS[name].help, unit: "", valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const toPoint = <Series extends Counted, Value>(series: Series, value: Value) => ({
    attributes: { ...series.labels },
    startTime,
    endTime,
    value,
  });
  if (metric.kind === "counter")
    return {
      ...about,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: metric.series.map((series) => toPoint(series, series.count)),
    };
  const histogramOf = ({ count, sum, least, most, buckets }: Timed) => ({
    buckets: { boundaries: [...metric.bounds], counts: [...buckets] },
    count,
    sum,
    min: least,
    max: most,
  });
  return {
    ...about,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: metric.series.map((series) => toPoint(series, histogramOf(series))),
  };
}

function toHrTime(ms: number): HrTime {
  return [Math.trunc(ms / 1000), (ms % 1000) * 1e6];
}
