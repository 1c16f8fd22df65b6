import type { OtelMetrics } from "./otel-metrics.ts";

export interface DeferredMetrics extends OtelMetrics {
  /** Loads the library. */
  load(): Promise<unknown>;
}

/**
 * Metrics whose library is loaded when the start is over, or when somebody asks for them before: it takes a good part of
 * what a start costs otherwise. Counting does not wait for it.
 */
export function deferMetrics(open: () => Promise<OtelMetrics>): DeferredMetrics {
  let opening: Promise<OtelMetrics> | undefined;
  const load = (): Promise<OtelMetrics> => (opening ??= open());
  return {
    load,
    expose: async () => (await load()).expose(),
    async close() {
      await (await opening)?.close();
    },
  };
}
