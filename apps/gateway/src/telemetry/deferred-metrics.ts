import type { Meter } from "./meter.ts";
import type { OtelMetrics } from "./otel-metrics.ts";

export interface DeferredMetrics extends OtelMetrics {
  /** Loads the library. */
  load(): Promise<unknown>;
}

/**
 * Metrics whose library is loaded when the start is over, or when somebody asks for them before: it takes a good part of
 * what a start costs otherwise. What is counted until then is kept and counted once it is there, so nothing is missed.
 */
export function deferMetrics(open: () => Promise<OtelMetrics>): DeferredMetrics {
  let kept: ((meter: Meter) => void)[] = [];
  let opening: Promise<OtelMetrics> | undefined;
  let meter: Meter = {
    count: (name, labels) => void kept.push((real) => real.count(name, labels)),
    time: (name, seconds, labels) => void kept.push((real) => real.time(name, seconds, labels)),
  };
  const load = (): Promise<OtelMetrics> => {
    opening ??= open().then((metrics) => {
      for (const recording of kept) recording(metrics.meter);
      kept = [];
      meter = metrics.meter;
      return metrics;
    });
    return opening;
  };
  return {
    meter: {
      count: (name, labels) => meter.count(name, labels),
      time: (name, seconds, labels) => meter.time(name, seconds, labels),
    },
    load,
    expose: async () => (await load()).expose(),
    async close() {
      await (await opening)?.close();
    },
  };
}
