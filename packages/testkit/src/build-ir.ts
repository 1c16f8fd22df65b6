import type {
  CapabilityIr,
  Definition,
  HumanExecutorIr,
  McpExecutorIr,
  NoopExecutorIr,
  Principal,
  StateIr,
  TransitionIr,
  WorkflowExecutorIr,
  WorkflowIr,
} from "@mcp-flowgate/core";
import { canonicalJson, type JsonObject } from "@mcp-flowgate/core";
import { nodeDigest } from "./deterministic-ids.ts";

/** A workflow with everything left out that a test does not speak of. The first state is the initial one. */
export function buildWorkflow(
  states: { readonly [name: string]: Partial<StateIr> },
  more: Partial<WorkflowIr> = {},
): WorkflowIr {
  const names = Object.keys(states);
  return {
    id: "flow",
    tags: [],
    aliases: [],
    examples: [],
    version: "1.0.0",
    initialState: names[0] ?? "start",
    initialContext: {},
    linkFilter: "all",
    maxChainDepth: 50,
    visibility: "owner",
    ...more,
    states: Object.fromEntries(Object.entries(states).map(([name, state]) => [name, buildState(state)])),
  };
}

export function buildState(state: Partial<StateIr> = {}): StateIr {
  return { terminal: false, outcome: "success", transitions: {}, ...state };
}

/** A transition of an agent without guards, executor or output. */
export function buildTransition(target: string, more: Partial<TransitionIr> = {}): TransitionIr {
  return {
    target,
    actor: "agent",
    guards: [],
    output: {},
    evidence: [],
    reliability: {},
    prefill: {},
    branches: [],
    ...more,
  };
}

/** A terminal state. */
export function buildEnd(outcome: StateIr["outcome"] = "success"): StateIr {
  return buildState({ terminal: true, outcome });
}

/** A tool call whose effect class is declared; `once` unless told. */
export function buildMcp(tool = "tool", more: Partial<McpExecutorIr> = {}): McpExecutorIr {
  return { kind: "mcp", connection: "server", tool, effect: "once", effectDeclared: true, ...more };
}

export function buildNoop(): NoopExecutorIr {
  return { kind: "noop", effect: "read", effectDeclared: true };
}

export function buildHuman(more: Partial<HumanExecutorIr> = {}): HumanExecutorIr {
  return {
    kind: "human",
    effect: "read",
    effectDeclared: true,
    queue: "approvals",
    assignees: { roles: [], permissions: [] },
    quorum: 1,
    allowRequester: false,
    ...more,
  };
}

export function buildChild(definitionId: string, more: Partial<WorkflowExecutorIr> = {}): WorkflowExecutorIr {
  return { kind: "workflow", definitionId, effect: "idempotent", effectDeclared: true, ...more };
}

export function buildCapability(id: string, more: Partial<CapabilityIr> = {}): CapabilityIr {
  return {
    id,
    tags: [],
    aliases: [],
    examples: [],
    executor: buildMcp(id),
    guards: [],
    reliability: {},
    source: { kind: "declared" },
    ...more,
  };
}

/** The IR under its hash. */
export function buildDefinition(ir: WorkflowIr): Definition {
  return { hash: nodeDigest.sha256(canonicalJson(ir as unknown as JsonObject)), ir };
}

export function buildPrincipal(subject: string, more: Partial<Principal> = {}): Principal {
  return { subject, tenant: "default", roles: [], permissions: [], kind: "agent", via: "test", ...more };
}

/** An authenticated person. */
export function buildPerson(subject: string, more: Partial<Principal> = {}): Principal {
  return buildPrincipal(subject, { kind: "human", ...more });
}
