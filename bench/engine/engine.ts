import { hash, randomUUID } from "node:crypto";
import {
  canonicalJson,
  deepFreeze,
  DEFAULT_LIMITS,
  type Definition,
  type Executor,
  type ExecutorKind,
  type JsonObject,
  type Principal,
  type TransitionIr,
  type WorkflowIr,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createEngine, type Engine } from "@mcp-flowgate/workflow-engine";

const quiet = (): void => undefined;
export const ports = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs: number, run: () => void): () => void {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  /** Sortable by time, as the gateway's are. */
  ids: {
    next: (prefix: string) => `${prefix}_${Date.now().toString(36)}${randomUUID().slice(19)}`,
    random: () => Math.random(),
  },
  digest: { sha256: (text: string) => hash("sha256", text, "hex") },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

export interface BenchEngine {
  readonly engine: Engine;
  /** A caller with an instance of its own. */
  client(): Promise<BenchClient>;
}

export interface BenchClient {
  readonly version: number;
  submit(transition: "effect" | "plain"): Promise<void>;
}

const step: TransitionIr = {
  target: "open",
  actor: "agent",
  guards: [{ kind: "expr", expr: "$.arguments.amount < 1000" }],
  inputSchema: {
    type: "object",
    additionalProperties: false,
    properties: { amount: { type: "integer" }, note: { type: "string", default: "" } },
    required: ["amount"],
  },
  output: {},
  evidence: [],
  reliability: {},
  prefill: {},
  branches: [],
};

const ir: WorkflowIr = {
  id: "bench",
  tags: [],
  aliases: [],
  examples: [],
  version: "1.0.0",
  initialState: "open",
  initialContext: { service: "web" },
  linkFilter: "all",
  maxChainDepth: 50,
  visibility: "owner",
  states: {
    open: {
      terminal: false,
      outcome: "success",
      transitions: {
        effect: {
          ...step,
          executor: { kind: "mcp", connection: "c", tool: "t", effect: "once", effectDeclared: true },
          output: { last: "$.output" },
        },
        plain: step,
      },
    },
  },
};

/** Frozen, as the compiler's are. */
export const definition: Definition = deepFreeze({
  hash: ports.digest.sha256(canonicalJson(ir as unknown as JsonObject)),
  ir,
});

export const principal: Principal = {
  subject: "bench",
  tenant: "default",
  roles: [],
  permissions: [],
  kind: "agent",
  via: "bench",
};

export function createBenchEngine(store: WorkflowStore, pinned = definition, given?: Executor): BenchEngine {
  const executor: Executor = given ?? {
    kind: "mcp",
    execute: async () => ({
      status: "succeeded",
      output: { accepted: true, reference: "r-1" },
      evidence: [{ kind: "mcp_result", outcome: "success", summary: "it answered" }],
    }),
  };
  const engine = createEngine({
    ...ports,
    store,
    executors: new Map<ExecutorKind, Executor>([["mcp", executor]]),
    definitions: { current: () => pinned, byHash: () => pinned },
    schemas: createSchemas(),
    limits: DEFAULT_LIMITS,
  });
  return {
    engine,
    async client() {
      const started = await engine.start({ definition: pinned, input: {}, principal, correlationId: "cor" });
      const workflowId = started.instance?.id ?? "";
      let version = 0;
      return {
        get version() {
          return version;
        },
        async submit(transition) {
          const snapshot = await engine.submit({
            workflowId,
            expectedVersion: version,
            transition,
            arguments: { amount: version },
            principal,
            correlationId: "cor",
          });
          if (snapshot.error !== undefined) throw new Error(snapshot.message);
          version += 1;
        },
      };
    },
  };
}
