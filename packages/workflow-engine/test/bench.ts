import type {
  Definition,
  Executor,
  ExecutorKind,
  Principal,
  WorkflowIr,
  WorkflowStore,
} from "@mcp-flowgate/core";
import { DEFAULT_LIMITS } from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import {
  buildDefinition,
  buildPrincipal,
  createCountingIds,
  createManualClock,
  createRecordingAudit,
  createRecordingExecutor,
  nodeDigest,
  silentLog,
  type ManualClock,
  type RecordingAudit,
  type RecordingExecutor,
} from "@mcp-flowgate/testkit";
import {
  createEngine,
  type Engine,
  type EngineLimits,
  type EngineOptions,
  type Snapshot,
} from "@mcp-flowgate/workflow-engine";

/** The human executor as it is: it asks, with what its call says. */
export const asking: Executor = {
  kind: "human",
  async execute(call) {
    if (call.kind !== "human") throw new TypeError("not a question");
    const { queue, title, message, form, assignees, quorum, allowRequester, expiresMs } = call;
    return {
      status: "waiting",
      approval: {
        queue,
        title: title ?? "Please decide",
        ...(message === undefined ? {} : { message }),
        ...(form === undefined ? {} : { form }),
        assignees,
        quorum,
        allowRequester,
        ...(expiresMs === undefined ? {} : { expiresMs }),
      },
    };
  },
};

export interface Bench {
  readonly engine: Engine;
  readonly store: WorkflowStore;
  readonly clock: ManualClock;
  readonly mcp: RecordingExecutor;
  readonly audit: RecordingAudit;
  readonly agent: Principal;
  definition(id?: string): Definition;
  start(more?: Partial<Parameters<Engine["start"]>[0]> & { readonly id?: string }): Promise<Snapshot>;
  submit(
    from: Snapshot,
    transition: string,
    args?: Parameters<Engine["submit"]>[0]["arguments"],
    more?: Partial<Parameters<Engine["submit"]>[0]>,
  ): Promise<Snapshot>;
  get(from: Snapshot): Promise<Snapshot>;
  /** Another process on the same rows. */
  replica(name: string): Bench;
  /** This process is gone: its store answers no more, its claims are dead. */
  crash(): Promise<void>;
}

export interface BenchOptions {
  readonly limits?: Partial<EngineLimits>;
  readonly engine?: Partial<EngineOptions>;
}

/** An engine on a memory store, with a world that records. The first workflow is the default one. */
export function bench(workflows: WorkflowIr | readonly WorkflowIr[], options: BenchOptions = {}): Bench {
  const definitions = new Map([workflows].flat().map((ir) => [ir.id, buildDefinition(ir)]));
  const shared = {
    clock: createManualClock(),
    mcp: createRecordingExecutor("mcp"),
    audit: createRecordingAudit(),
    data: createMemoryData(),
    ids: createCountingIds(),
  };
  const make = (replica: string): Bench => {
    const { clock, mcp, audit, data, ids } = shared;
    const store = createMemoryStore({ clock, audit, data, replica });
    const noop = createRecordingExecutor("noop");
    const engine = createEngine({
      store,
      executors: new Map<ExecutorKind, Executor>([
        ["mcp", mcp],
        ["noop", noop],
        ["human", asking],
      ]),
      definitions: {
        current: (id) => definitions.get(id),
        byHash: (hash) => [...definitions.values()].find((definition) => definition.hash === hash),
      },
      clock,
      ids,
      digest: nodeDigest,
      schemas: createSchemas(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      log: silentLog,
      ...options.engine,
    });
    const agent = buildPrincipal("agent");
    const definition = (id?: string): Definition => definitions.get(id ?? [...definitions.keys()][0]!)!;
    return {
      engine,
      store,
      clock,
      mcp,
      audit,
      agent,
      definition,
      start: ({ id, ...more } = {}) =>
        engine.start({
          definition: definition(id),
          input: {},
          principal: agent,
          correlationId: "cor",
          ...more,
        }),
      submit: (from, transition, args = {}, more = {}) =>
        engine.submit({
          workflowId: from.instance!.id,
          expectedVersion: from.instance!.version,
          transition,
          arguments: args,
          principal: agent,
          correlationId: "cor",
          ...more,
        }),
      get: (from) => engine.get(from.instance!.id, agent),
      replica: make,
      crash: () => store.close(),
    };
  };
  return make("one");
}

/** What a caller sees first. */
export function brief(snapshot: Snapshot): readonly unknown[] {
  return [snapshot.status, snapshot.instance?.state, snapshot.instance?.version, snapshot.error?.code];
}

export function rels(snapshot: Snapshot): readonly string[] {
  return snapshot.links.map(({ rel }) => rel);
}
