import type { Executor, ExecutorOutcome, ResolvedCall } from "@mcp-flowgate/core";
import type { Meter, Samples } from "./meter.ts";

/** Attempts that are running, by kind and connection. */
export interface InFlight {
  sample(samples: Samples): void;
  begin(kind: string, connection: string): () => void;
}

export function createInFlight(): InFlight {
  const running = new Map<string, { readonly kind: string; readonly connection: string; count: number }>();
  return {
    begin(kind, connection) {
      const key = `${kind} ${connection}`;
      const entry = running.get(key) ?? { kind, connection, count: 0 };
      running.set(key, entry);
      entry.count += 1;
      return () => {
        entry.count -= 1;
      };
    },
    sample(samples) {
      for (const { kind, connection, count } of running.values())
        samples.put("flowgate_executor_in_flight", count, { kind, connection });
    },
  };
}

/** An executor whose attempts are counted and timed. */
export function observeExecutor(executor: Executor, meter: Meter, inFlight: InFlight): Executor {
  return {
    kind: executor.kind,
    async execute(call, context) {
      const { kind } = executor;
      const connection = connectionOf(call);
      const end = inFlight.begin(kind, connection);
      const begin = performance.now();
      let outcome = "unknown";
      try {
        const result = await executor.execute(call, context);
        outcome = outcomeOf(result);
        return result;
      } finally {
        end();
        const seconds = (performance.now() - begin) / 1000;
        meter.time("flowgate_executor_duration_seconds", seconds, { kind, connection });
        meter.count("flowgate_executor_attempts_total", { kind, connection, outcome });
      }
    },
    close: async () => executor.close?.(),
  };
}

/** The connection that a call goes to, as the configuration names it; nothing for calls that need none. */
export function connectionOf(call: ResolvedCall): string {
  return "connection" in call ? (call.connection ?? "") : "";
}

export function outcomeOf(outcome: ExecutorOutcome): string {
  return outcome.status === "failed" && outcome.effect === "unknown" ? "unknown" : outcome.status;
}
