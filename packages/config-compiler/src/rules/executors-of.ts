import type { ExecutorIr, GuardIr, ReliabilityIr, WorkflowIr } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";

/** One executor of a workflow and where it runs. */
export interface PlacedExecutor {
  readonly executor: ExecutorIr;
  readonly state: string;
  /** The transition whose step it belongs to; none for `onEnter` and timeouts. */
  readonly transition?: string;
  readonly role: "step" | "approved" | "fallback" | "compensate" | "onEnter" | "timeout" | "probe";
  /** What is judged before it runs. */
  readonly guards: readonly GuardIr[];
  /** JSON pointer below the workflow. */
  readonly pointer: string;
}

/** Every executor that a workflow can run. */
export function* executorsOf(workflow: WorkflowIr): Generator<PlacedExecutor> {
  for (const placed of ownExecutorsOf(workflow)) {
    yield placed;
    const { probe } = placed.executor;
    if (probe === undefined) continue;
    const pointer = `${placed.pointer}/probe/executor`;
    yield { ...placed, executor: probe.executor, role: "probe", pointer };
  }
}

function* ownExecutorsOf(workflow: WorkflowIr): Generator<PlacedExecutor> {
  for (const [state, ir] of Object.entries(workflow.states)) {
    const base = `/states/${escapePointer(state)}`;
    if (ir.onEnter !== undefined) {
      const { executor, reliability } = ir.onEnter;
      yield* withFallbacks(
        { executor, state, role: "onEnter", guards: [], pointer: `${base}/onEnter/executor` },
        reliability,
      );
    }
    if (ir.onTimeout?.executor !== undefined) {
      yield {
        executor: ir.onTimeout.executor,
        state,
        role: "timeout",
        guards: [],
        pointer: `${base}/onTimeout/executor`,
      };
    }
    for (const [transition, { executor, guards, reliability, compensate }] of Object.entries(
      ir.transitions,
    )) {
      const pointer = `${base}/transitions/${escapePointer(transition)}`;
      if (executor !== undefined) {
        yield* withFallbacks(
          { executor, state, transition, role: "step", guards, pointer: `${pointer}/executor` },
          reliability,
        );
      }
      if (compensate !== undefined) {
        const undo = compensate.executor;
        yield {
          executor: undo,
          state,
          transition,
          role: "compensate",
          guards,
          pointer: `${pointer}/compensate/executor`,
        };
      }
    }
  }
  if (workflow.onTimeout?.executor !== undefined) {
    const { executor } = workflow.onTimeout;
    yield {
      executor,
      state: workflow.initialState,
      role: "timeout",
      guards: [],
      pointer: "/onTimeout/executor",
    };
  }
}

function* withFallbacks(placed: PlacedExecutor, reliability: ReliabilityIr): Generator<PlacedExecutor> {
  yield placed;
  const { executor } = placed;
  if (executor.kind === "human" && executor.onApprove !== undefined) {
    yield {
      ...placed,
      executor: executor.onApprove,
      role: "approved",
      pointer: `${placed.pointer}/onApprove/executor`,
    };
  }
  for (const fallback of reliability.fallback?.executors ?? [])
    yield { ...placed, executor: fallback, role: "fallback" };
}
