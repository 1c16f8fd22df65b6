import {
  isJsonObject,
  type CapabilityIr,
  type GuardIr,
  type JsonObject,
  type McpExecutorIr,
  type StateIr,
  type ThereVerb,
  type TransitionIr,
  type WorkflowIr,
} from "@mcp-flowgate/core";

/** Takes up an end that came there without a step from here; by the gateway alone. */
export const TAKE_UP = "take_up";

const BEGIN = "run";
const STEP = "step";
const THERE = "there";
const ID_THERE = "$.context.there.workflowId";

/** What a federated capability says of itself, whether it was imported or is wrapped. */
export function annotationsOf({ source }: CapabilityIr): JsonObject {
  return source.annotations ?? {};
}

/** A workflow of another gateway that goes on by steps of its caller. */
export function goesOnThere(capability: CapabilityIr): boolean {
  const { gateway, steps } = annotationsOf(capability);
  return gateway === true && steps === true && capability.executor.kind === "mcp";
}

/**
 * A workflow of another gateway as one of this: `ready` --`run`--> `there`, where every step of the caller is one `step`
 * that is taken there, until it has ended there. What this instance keeps is the id of the other one; links, state and
 * version are those of the other, and are read from it. A cancellation and the deadline end the other one too.
 *
 * @param openMs How long it may go on.
 */
export function relayDefinition(
  capability: CapabilityIr,
  about: Pick<WorkflowIr, "title" | "description" | "tags" | "aliases" | "examples">,
  openMs: number,
): WorkflowIr {
  const begun = { there: { gateway: connectionOf(capability), workflowId: "$.output.workflow.id" } };
  const submit = { arguments: "$.arguments.arguments", expectedVersion: "$.arguments.expectedVersion" };
  const { inputSchema } = capability;
  const end = (map: JsonObject): McpExecutorIr => executorOf(capability, "cancel", map);
  return {
    ...about,
    id: capability.id,
    version: "1.0.0",
    ...(inputSchema === undefined ? {} : { inputSchema }),
    initialState: "ready",
    initialContext: {},
    timeoutMs: 2 * openMs,
    linkFilter: "all",
    maxChainDepth: 1,
    visibility: "owner",
    relay: STEP,
    states: {
      ready: state({
        [BEGIN]: {
          ...transition(capability, executorOf(capability, "start"), capability.guards),
          ...(capability.title === undefined ? {} : { title: capability.title }),
          ...(capability.description === undefined ? {} : { description: capability.description }),
          ...(inputSchema === undefined ? {} : { inputSchema }),
          output: begun,
          compensate: { executor: end({ workflowId: "$.output.workflow.id" }) },
        },
      }),
      [THERE]: {
        ...state({
          [STEP]: {
            ...transition(
              capability,
              executorOf(capability, "submit", {
                workflowId: ID_THERE,
                transition: "$.arguments.transition",
                ...submit,
              }),
              capability.guards.filter((guard) => !readsArguments(guard)),
            ),
            inputSchema: STEP_SCHEMA,
          },
          [TAKE_UP]: {
            ...transition(capability, executorOf(capability, "get", { workflowId: ID_THERE }), []),
            actor: "system",
          },
        }),
        timeoutMs: openMs,
        onTimeout: { target: "ended", executor: end({ workflowId: ID_THERE }) },
      },
      done: { ...state({}), terminal: true },
      ended: { ...state({}), terminal: true, outcome: "failure" },
    },
  };
}

const STEP_SCHEMA: JsonObject = {
  type: "object",
  required: ["transition", "arguments", "expectedVersion"],
  additionalProperties: false,
  properties: {
    transition: { type: "string" },
    arguments: { type: "object" },
    expectedVersion: { type: "integer" },
  },
};

function transition(
  { reliability }: CapabilityIr,
  executor: McpExecutorIr,
  guards: readonly GuardIr[],
): TransitionIr {
  const when = (...statuses: readonly string[]): GuardIr => ({
    kind: "expr",
    expr: statuses.map((status) => `$.output.result.status == "${status}"`).join(" || "),
  });
  return {
    target: THERE,
    actor: "agent",
    guards,
    executor,
    output: {},
    evidence: [],
    reliability,
    prefill: {},
    branches: [
      { when: when("completed"), target: "done" },
      { when: when("cancelled", "timed_out"), target: "ended" },
    ],
  };
}

/** A start carries the effect's key and a step the version there, so that an equal one gives the first one's answer. */
function executorOf(capability: CapabilityIr, there: ThereVerb, map?: JsonObject): McpExecutorIr {
  const { executor } = capability;
  return {
    kind: "mcp",
    effect: there === "get" ? "read" : "idempotent",
    effectDeclared: true,
    connection: connectionOf(capability),
    tool: executor.kind === "mcp" ? executor.tool : capability.id,
    there,
    ...(map === undefined ? mapOf(capability, there) : { map }),
  };
}

/** What a wrapper makes of the caller's input is for the start. */
function mapOf({ executor }: CapabilityIr, there: ThereVerb): { readonly map?: JsonObject } {
  return there === "start" && executor.kind === "mcp" && executor.map !== undefined
    ? { map: executor.map }
    : {};
}

function connectionOf({ executor }: CapabilityIr): string {
  return executor.kind === "mcp" ? executor.connection : "";
}

/** Arguments of a step are the other gateway's to judge; a guard of ours that reads them was judged at the start. */
function readsArguments(guard: GuardIr): boolean {
  switch (guard.kind) {
    case "expr":
      return guard.expr.includes("$.arguments");
    case "allOf":
    case "anyOf":
      return guard.guards.some(readsArguments);
    case "not":
      return readsArguments(guard.guard);
    default:
      return false;
  }
}

function state(transitions: StateIr["transitions"]): StateIr {
  return { terminal: false, outcome: "success", transitions };
}

/** The instance at the other gateway, as the context of one that has begun there names it. */
export function instanceThere(
  ir: WorkflowIr,
  context: JsonObject,
): { readonly connection: string; readonly tool: string; readonly workflowId: string } | undefined {
  if (ir.relay === undefined) return undefined;
  const executor = ir.states[THERE]?.transitions[ir.relay]?.executor;
  const there = context["there"];
  if (executor?.kind !== "mcp" || !isJsonObject(there) || typeof there["workflowId"] !== "string")
    return undefined;
  return { connection: executor.connection, tool: executor.tool, workflowId: there["workflowId"] };
}
