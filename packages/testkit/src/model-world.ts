import type { Executor, ExecutorOutcome } from "@mcp-flowgate/core";
import { PROBE_TOOL } from "./arbitrary-definition.ts";
import type { RecordingAudit } from "./recording-audit.ts";
import { failed } from "./recording-executor.ts";

/** What the world does with a call. */
export type Behaviour = "ok" | "fail" | "not_sent" | "lost_after" | "lost_before" | "hang";

export const BEHAVIOURS: readonly Behaviour[] = [
  "ok",
  "fail",
  "not_sent",
  "lost_after",
  "lost_before",
  "hang",
];

/** What the engines of a model run keep of an output in a row; outputs over it are part of the run. */
export const MODEL_OUTPUT_BYTES = 200;

/** The outside world of a model run: it counts what really took effect, whatever the engine was told. */
export interface ModelWorld {
  readonly executor: Executor;
  /** Effects that took place, counted by class and key. */
  readonly effects: ReadonlyMap<
    string,
    { readonly key: string; readonly effect: string; readonly count: number }
  >;
  readonly calls: readonly {
    readonly key: string;
    readonly workflowId: string;
    readonly recorded: boolean;
  }[];
  next(behaviours: readonly Behaviour[]): void;
}

/** `audit` is asked at every call whether its start is on record (W6). */
export function createModelWorld(audit: RecordingAudit): ModelWorld {
  const queue: Behaviour[] = [];
  const effects = new Map<
    string,
    { readonly key: string; readonly effect: string; readonly count: number }
  >();
  const calls: { readonly key: string; readonly workflowId: string; readonly recorded: boolean }[] = [];
  let count = 0;

  // A fallback carries the key of its primary and is another effect.
  const take = (key: string, effect: string): void => {
    const id = `${effect} ${key}`;
    effects.set(id, { key, effect, count: (effects.get(id)?.count ?? 0) + 1 });
  };
  const succeeded = (effect: string, asked: unknown): ExecutorOutcome => {
    count += 1;
    const took = effect === PROBE_TOOL && effects.has(`reconcile ${String(asked)}`);
    return {
      status: "succeeded",
      // Every third one is too large for the rows of its instance.
      output:
        effect === PROBE_TOOL
          ? { outcome: took ? "executed" : "not_executed", result: { n: count } }
          : { n: count, ...(count % 3 === 0 ? { text: "x".repeat(MODEL_OUTPUT_BYTES) } : {}) },
      evidence: [{ kind: "effect", outcome: "success", summary: "it happened" }],
    };
  };

  return {
    effects,
    calls,
    next: (behaviours) => void queue.splice(0, queue.length, ...behaviours),
    executor: {
      kind: "mcp",
      async execute(call, { idempotencyKey: key, workflowId, attempt, signal }) {
        const effect = call.kind === "mcp" ? call.tool : "";
        const asked = call.kind === "mcp" ? call.arguments["key"] : undefined;
        const recorded = audit.events.some(
          ({ type, payload }) =>
            type === "executor.started" &&
            payload["idempotencyKey"] === key &&
            payload["attempt"] === attempt,
        );
        calls.push({ key, workflowId, recorded });
        switch (queue.shift() ?? "ok") {
          case "fail":
            return failed("permanent");
          case "not_sent":
            return failed("connection_error", "not_sent");
          case "lost_before":
            return failed("timeout", "unknown");
          case "lost_after":
            take(key, effect);
            return failed("timeout", "unknown");
          case "hang":
            take(key, effect);
            return await new Promise((resolve) => {
              signal.addEventListener("abort", () => resolve(failed("timeout", "unknown")), { once: true });
            });
          default:
            take(key, effect);
            return succeeded(effect, asked);
        }
      },
    },
  };
}
