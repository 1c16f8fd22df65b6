import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Samples } from "./meter.ts";

export interface ProcessSampler {
  sample(samples: Samples): void;
  close(): void;
}

const PERCENTILES = [50, 90, 99] as const;
const RESOLUTION_MS = 20;

/** The process itself: event loop, memory, processor. */
export function createProcessSampler(): ProcessSampler {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before = performance.eventLoopUtilization();
  return {
    sample(samples) {
      for (const percentile of PERCENTILES) {
        // The histogram holds the whole interval of its timer: only what is above it is lag.
        const ms = delay.percentile(percentile) / 1e6 - RESOLUTION_MS;
        const labels = { percentile: String(percentile) };
        samples.put("flowgate_event_loop_lag_seconds", Math.max(0, ms) / 1000, labels);
      }
      delay.reset();
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      samples.put("flowgate_event_loop_utilization", utilization, {});
      const { user, system } = process.cpuUsage();
      samples.put("flowgate_process_cpu_seconds_total", (user + system) / 1e6, {});
      const memory = process.memoryUsage();
      samples.put("flowgate_process_resident_memory_bytes", memory.rss, {});
      samples.put("flowgate_process_heap_used_bytes", memory.heapUsed, {});
      samples.put("flowgate_process_start_time_seconds", performance.timeOrigin / 1000, {});
    },
    close: () => delay.disable(),
  };
}
