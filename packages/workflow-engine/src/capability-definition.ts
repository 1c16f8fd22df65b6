import {
  canonicalJson,
  createRecord,
  type CapabilityIr,
  type Definition,
  type Digest,
  type ExecutorIr,
  type JsonObject,
  type StateIr,
  type TransitionIr,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import { annotationsOf, goesOnThere, relayDefinition } from "./relay-definition.ts";

/** The transition of a capability's one-step workflow. */
export const RUN = "run";

/** The id of the session workflow that {@link sessionDefinition} makes. */
export const SESSION = "proxy_default";

const DAY_MS = 86_400_000;
/** One that failed can be tried again for a day. */
const OPEN_MS = DAY_MS;
/** People have a week unless the author says otherwise. */
const PEOPLE_MS = 7 * DAY_MS;
/** A session that nobody ends is over after a week. */
const SESSION_MS = 7 * DAY_MS;

/**
 * A capability as a workflow of one step: `ready` --`run`--> `done`. Start it with
 * `submit: { transition: RUN, arguments: input }`; a failure stays in `ready`, with `run` as its link. A workflow of
 * another gateway that goes on by steps of its caller goes on here, too.
 */
export function capabilityDefinition(capability: CapabilityIr): WorkflowIr {
  if (goesOnThere(capability)) return relayDefinition(capability, describe(capability), OPEN_MS + PEOPLE_MS);
  const peopleMs = asksElsewhere(capability) ? PEOPLE_MS : peopleWait(capability.executor);
  return {
    ...describe(capability),
    id: capability.id,
    version: "1.0.0",
    ...(capability.inputSchema === undefined ? {} : { inputSchema: capability.inputSchema }),
    initialState: "ready",
    initialContext: {},
    timeoutMs: OPEN_MS + peopleMs,
    linkFilter: "all",
    maxChainDepth: 1,
    visibility: "owner",
    states: {
      ready: state({ [RUN]: transitionOf(capability, "done") }),
      done: { ...state({}), terminal: true },
    },
  };
}

/**
 * The session form: one state, a transition for each capability that returns to it. Every capability can be submitted
 * by its id, also where an answer lists only some of the links. What goes on at another gateway is no call: it is left out.
 */
export function sessionDefinition(capabilities: readonly CapabilityIr[]): WorkflowIr {
  const transitions = createRecord(
    capabilities
      .filter((capability) => !goesOnThere(capability))
      .map((capability) => [capability.id, transitionOf(capability, "ready")] as const),
  );
  const longest = capabilities.reduce((most, { executor }) => Math.max(most, peopleWait(executor)), 0);
  return {
    id: SESSION,
    title: "Capabilities",
    description: "Every capability, one call after the other.",
    tags: [],
    aliases: [],
    examples: [],
    version: "1.0.0",
    initialState: "ready",
    initialContext: {},
    timeoutMs: SESSION_MS + longest,
    linkFilter: "all",
    maxChainDepth: 1,
    visibility: "owner",
    states: { ready: state(transitions) },
  };
}

/** A definition of a workflow: its IR under the SHA-256 of its canonical JSON. */
export function toDefinition(ir: WorkflowIr, digest: Digest): Definition {
  return { hash: digest.sha256(canonicalJson(ir as unknown as JsonObject)), ir };
}

function transitionOf(capability: CapabilityIr, target: string): TransitionIr {
  return {
    ...(capability.title === undefined ? {} : { title: capability.title }),
    ...(capability.description === undefined ? {} : { description: capability.description }),
    target,
    actor: "agent",
    ...(capability.inputSchema === undefined ? {} : { inputSchema: capability.inputSchema }),
    ...(capability.outputSchema === undefined ? {} : { outputSchema: capability.outputSchema }),
    guards: capability.guards,
    executor: capability.executor,
    output: {},
    evidence: [],
    reliability: capability.reliability,
    prefill: {},
    branches: [],
  };
}

function describe({
  title,
  description,
  tags,
  aliases,
  examples,
}: CapabilityIr): Pick<WorkflowIr, "title" | "description" | "tags" | "aliases" | "examples"> {
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    tags,
    aliases,
    examples,
  };
}

function state(transitions: StateIr["transitions"]): StateIr {
  return { terminal: false, outcome: "success", transitions };
}

/** A capability of another gateway may wait for people there. */
function asksElsewhere(capability: CapabilityIr): boolean {
  return annotationsOf(capability)["gateway"] === true;
}

function peopleWait(executor: ExecutorIr): number {
  return executor.kind === "human" ? (executor.expiresMs ?? PEOPLE_MS) : 0;
}
