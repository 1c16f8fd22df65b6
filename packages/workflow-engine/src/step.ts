import type {
  Definition,
  ExecutorIr,
  JsonObject,
  Operation,
  OutputMapping,
  ReliabilityIr,
  TransitionIr,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import { getOwn } from "@mcp-flowgate/core";

/** What an operation's slot means by its definition: what runs, and where it leads. */
export interface Step {
  readonly executor?: ExecutorIr;
  readonly reliability: ReliabilityIr;
  readonly output: OutputMapping;
  readonly evidence: readonly string[];
  readonly outputSchema?: JsonObject;
  readonly branches: TransitionIr["branches"];
  readonly target: string;
  /** Whether success enters `target` anew, with its onEnter, deadlines and queues; else the state merely goes on. */
  readonly enters: boolean;
  readonly onUnknown?: { readonly target: string };
  readonly onFailure?: { readonly target: string };
  /** Names of the arguments that the input schema declares. */
  readonly declared: ReadonlySet<string>;
}

const NO_RELIABILITY: ReliabilityIr = Object.freeze({});
const NOTHING_DECLARED: ReadonlySet<string> = new Set();

/** The transition that timeouts of each kind are recorded as. */
export const TIMEOUT_NAMES = { workflow: "timeout:workflow", state: "timeout:state" } as const;

/**
 * The step of an operation. `original` is the operation that a compensation undoes.
 * `undefined` where the definition has no such step, which cannot be for a pinned definition that was checked.
 */
export function stepOf(
  definition: Definition,
  instance: Pick<WorkflowInstance, "state">,
  subject: Pick<Operation, "slot" | "transition">,
  original?: Operation,
): Step | undefined {
  const { ir } = definition;
  const state = getOwn(ir.states, instance.state);
  switch (subject.slot) {
    case "submit":
    case "chain": {
      const transition = state === undefined ? undefined : getOwn(state.transitions, subject.transition);
      return transition === undefined ? undefined : stepOfTransition(transition);
    }
    case "onEnter": {
      if (state?.onEnter === undefined) return undefined;
      const { executor, output, reliability, onFailure } = state.onEnter;
      const more = onFailure === undefined ? {} : { onFailure };
      return { ...stay(instance.state), executor, output, reliability, ...more };
    }
    case "timeout": {
      const timeout = subject.transition === TIMEOUT_NAMES.workflow ? ir.onTimeout : state?.onTimeout;
      if (timeout === undefined) return stay(instance.state);
      return {
        ...stay(timeout.target),
        enters: true,
        output: timeout.output ?? {},
        ...(timeout.executor === undefined ? {} : { executor: timeout.executor }),
      };
    }
    case "compensate": {
      const executor = original === undefined ? undefined : compensationOf(definition, original);
      return executor === undefined ? undefined : { ...stay(instance.state), executor };
    }
    case "cancel":
    case "migrate":
      return stay(instance.state);
    default:
      return subject.slot satisfies never;
  }
}

/** What undoes a committed operation, where its transition says so; and what ends one that goes on at another gateway. */
export function compensationOf(definition: Definition, operation: Operation): ExecutorIr | undefined {
  const { call } = operation;
  if (operation.status !== "committed") {
    if (call?.kind !== "mcp" || call.follows === undefined) return undefined;
    const { kind, connection, tool, follows: workflowId } = call;
    const how = { effect: "idempotent", effectDeclared: true, there: "cancel" } as const;
    return { kind, connection, tool, ...how, map: { workflowId } };
  }
  if (operation.slot !== "submit" && operation.slot !== "chain") return undefined;
  const state = getOwn(definition.ir.states, operation.fromState);
  return state === undefined
    ? undefined
    : getOwn(state.transitions, operation.transition)?.compensate?.executor;
}

/** The executor of a step's candidate: 0 the primary, or what an approval lets run; 1… the fallbacks. */
export function executorAt(
  step: Step,
  operation: Pick<Operation, "candidate" | "decision">,
): ExecutorIr | undefined {
  if (operation.candidate > 0) return step.reliability.fallback?.executors[operation.candidate - 1];
  if (step.executor?.kind === "human" && operation.decision !== undefined) return step.executor.onApprove;
  return step.executor;
}

/** Transitions do not change, so what they mean is worked out once. */
const steps = new WeakMap<TransitionIr, Step>();

function stepOfTransition(transition: TransitionIr): Step {
  let step = steps.get(transition);
  if (step === undefined) steps.set(transition, (step = fromTransition(transition)));
  return step;
}

function fromTransition(transition: TransitionIr): Step {
  const properties = transition.inputSchema?.["properties"];
  return {
    ...(transition.executor === undefined ? {} : { executor: transition.executor }),
    reliability: transition.reliability,
    output: transition.output,
    evidence: transition.evidence,
    ...(transition.outputSchema === undefined ? {} : { outputSchema: transition.outputSchema }),
    branches: transition.branches,
    target: transition.target,
    enters: true,
    ...(transition.onUnknown === undefined ? {} : { onUnknown: transition.onUnknown }),
    declared:
      typeof properties === "object" && properties !== null
        ? new Set(Object.keys(properties))
        : NOTHING_DECLARED,
  };
}

/** A step that leads nowhere. */
export function stay(state: string): Step {
  return {
    reliability: NO_RELIABILITY,
    output: {},
    evidence: [],
    branches: [],
    target: state,
    enters: false,
    declared: NOTHING_DECLARED,
  };
}
