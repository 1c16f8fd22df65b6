import {
  DEFAULT_LIMITS,
  type Clock,
  type Definition,
  type Executor,
  type ExecutorKind,
  type Principal,
} from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createEngine, type Engine, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import { DEFINITIONS, declareHarmless, FLOW, NEXT_FLOW, STATES_OF_BOTH } from "./flow.ts";
import { createKiller, reachInside, withApply, withKillPoints, type KillPoint } from "./kill-points.ts";
import type { Answer, Call, Note, ReplicaSpec } from "./protocol.ts";
import { createSinkExecutor } from "./sink-executor.ts";
import {
  createSystemClock,
  digest,
  ids,
  loadStore,
  openStore,
  silentLog,
  type ChaosStore,
} from "./stores.ts";
import { startupSnapshot } from "node:v8";

/**
 * One process of a run: an engine, a store handle and an executor that reaches the sink. It is told what to do by
 * messages of its parent, its spec first, and ends when that does. Its modules are loaded, and the engine's code is
 * compiled, once, for the snapshot that every process starts from; what happens in `main` happens in each.
 */
void loadStore(process.env["FLOWGATE_CHAOS_STORE"] === "postgres" ? "postgres" : "sqlite");
void warmUp();
// What carries the messages of the parent.
process.getBuiltinModule("node:child_process");
startupSnapshot.setDeserializeMainFunction(() => {
  process.on("disconnect", () => process.exit(0));
  process.once("message", (spec: ReplicaSpec) => void main(spec));
});

async function main(spec: ReplicaSpec): Promise<void> {
  const killer = createKiller(spec.kill);
  const opened = await openStore(spec.store, {
    inside: (eventType) => reachInside(killer, eventType),
    replica: spec.name,
    leaseMs: spec.leaseMs,
    skewMs: spec.skewMs ?? 0,
  });
  const { quarantineMs } = spec;
  if (quarantineMs !== undefined) {
    const lease = opened.lease.bind(opened);
    opened.lease = () => ({ ...lease(), quarantineMs });
  }
  const store = plantInStore(spec.plant, withKillPoints(opened, killer));
  const definitions = plantInDefinitions(spec.plant, DEFINITIONS);
  const executors: readonly Executor[] = [
    withNotes(
      createSinkExecutor({
        port: spec.sinkPort,
        replica: spec.name,
        reach: (point: KillPoint) => killer.reach(point),
      }),
    ),
    createHumanExecutor(),
    createNoopExecutor(),
  ];
  const engine = createEngine({
    store,
    executors: new Map<ExecutorKind, Executor>(executors.map((executor) => [executor.kind, executor])),
    definitions: {
      current: (id) => definitions.find(({ ir }) => ir.id === id),
      byHash: (hash) => definitions.find((definition) => definition.hash === hash),
    },
    clock: createSystemClock(spec.skewMs),
    ids,
    digest,
    schemas: createSchemas(),
    limits: { ...DEFAULT_LIMITS, operationMs: spec.operationMs ?? 20_000 },
    log: silentLog,
    joinMs: 400,
    sweepMs: spec.sweepMs ?? 200,
  });
  engine.run();

  process.on("message", (call: Call) => {
    void run(engine, call).then(
      (answer) => process.send?.({ ...answer, id: call.id }),
      (thrown: unknown) => process.send?.({ id: call.id, threw: String(thrown) }),
    );
  });
  process.send?.({ ready: true });
}

/** Tells the parent what the executor is asked for and says. */
function withNotes(executor: Executor): Executor {
  const tell = (note: Note): void => void process.send?.({ note });
  return {
    ...executor,
    async execute(call, context) {
      const { idempotencyKey: key, attempt } = context;
      const isProbe = call.kind === "mcp" && call.tool === "find";
      tell({ key, attempt, isProbe, at: Date.now() });
      const outcome = await executor.execute(call, context);
      const said =
        outcome.status === "failed"
          ? { said: outcome.effect, message: outcome.message }
          : { said: outcome.status };
      tell({ key, attempt, isProbe, at: Date.now(), ...said });
      return outcome;
    },
  };
}

/** Takes an instance each way on a store in memory, so that the snapshot has the code that this runs. */
async function warmUp(): Promise<void> {
  let count = 0;
  const clock = createTimerlessClock();
  // None of this process's randomness may be in the snapshot: every process would have the same.
  const counted = { next: (prefix: string) => `${prefix}_${(count += 1)}`, random: () => 0.5 };
  const answers: Executor = {
    kind: "mcp",
    execute: async () => ({ status: "succeeded", output: { n: 1 }, evidence: [] }),
    close: async () => undefined,
  };
  const executors = [answers, createHumanExecutor(), createNoopExecutor()];
  const engine = createEngine({
    store: createMemoryStore({ clock }),
    executors: new Map<ExecutorKind, Executor>(executors.map((executor) => [executor.kind, executor])),
    definitions: {
      current: (id) => DEFINITIONS.find(({ ir }) => ir.id === id),
      byHash: (hash) => DEFINITIONS.find((definition) => definition.hash === hash),
    },
    clock,
    ids: counted,
    digest,
    schemas: createSchemas(),
    limits: DEFAULT_LIMITS,
    log: silentLog,
  });
  const trace = { principal: principalOf("agent"), correlationId: "warm" };
  for (const transition of ["look", "charge", "pay", "chain", "settle", "ask", "spawn", "wait", "retry"]) {
    const { instance } = await engine.start({ ...trace, input: {}, definition: FLOW });
    if (instance === undefined) continue;
    const request = {
      workflowId: instance.id,
      expectedVersion: instance.version,
      transition,
      arguments: { amount: 1 },
    };
    toAnswer(await engine.submit({ ...trace, ...request }));
  }
  await engine.close();
}

/**
 * What Node remembers of a timer is in a snapshot, too, even of one that was cleared: when the next one is due. A process
 * that is older than that when it sets its first timer would never be woken by any. So nothing before the snapshot may
 * set one: what is due soon comes at once, deadlines never.
 */
function createTimerlessClock(): Clock {
  return {
    ...createSystemClock(),
    schedule(delayMs, run) {
      if (delayMs > SOON_MS) return () => undefined;
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  };
}

const SOON_MS = 1000;

function plantInStore(plant: ReplicaSpec["plant"], store: ChaosStore): ChaosStore {
  if (plant === "early-ack") {
    return withApply(store, async (apply, batch) => {
      if (batch.expect.absent !== undefined) return await apply(batch);
      setTimeout(() => void apply(batch), 15);
      return { status: "applied" };
    });
  }
  if (plant === "lost-move") {
    return withApply(store, (apply, batch) => {
      const moved = batch.audit.find(({ type }) => type === "workflow.migrated");
      if (moved === undefined || batch.instance === undefined) return apply(batch);
      const definitionHash = String(moved.payload["from"]);
      return apply({ ...batch, instance: { ...batch.instance, definitionHash } });
    });
  }
  return store;
}

function plantInDefinitions(
  plant: ReplicaSpec["plant"],
  definitions: readonly Definition[],
): readonly Definition[] {
  if (plant === "rerun-once") return declareHarmless("once", definitions);
  return plant === "rerun-reconcile" ? declareHarmless("reconcile", definitions) : definitions;
}

async function run(engine: Engine, call: Call): Promise<Omit<Answer, "id">> {
  const trace = { principal: principalOf(call.as), correlationId: ids.next("cor") };
  switch (call.kind) {
    case "start":
      return toAnswer(await engine.start({ ...trace, ...call.request, definition: FLOW }));
    case "submit":
      return toAnswer(await engine.submit({ ...trace, ...call.request }));
    case "get":
      return toAnswer(await engine.get(call.workflowId, trace.principal));
    case "decide":
      return toAnswer(await engine.decide({ ...trace, ...call.request }));
    case "cancel":
      return toAnswer(await engine.cancel({ ...trace, workflowId: call.workflowId, reason: "enough" }));
    case "resolve":
      return toAnswer(await engine.resolveUnknown({ ...trace, ...call.request, reason: "looked it up" }));
    case "migrate": {
      const at = await engine.get(call.workflowId, trace.principal);
      const { hash } = at.instance?.definitionHash === FLOW.hash ? NEXT_FLOW : FLOW;
      const states = Object.keys(
        at.instance?.definitionHash === FLOW.hash ? FLOW.ir.states : NEXT_FLOW.ir.states,
      );
      const map = Object.fromEntries(
        Object.entries(STATES_OF_BOTH).filter(([from]) => states.includes(from)),
      );
      return toAnswer(
        await engine.migrate({
          ...trace,
          workflowId: call.workflowId,
          to: hash,
          map,
          reason: "a new version",
        }),
      );
    }
    case "pending": {
      const { items } = await engine.approvals({ principal: trace.principal, limit: 20 });
      return { approvals: items.map(({ id }) => id) };
    }
    case "unknown": {
      const page = await engine.instances({
        principal: trace.principal,
        statuses: ["outcome_unknown"],
        limit: 50,
      });
      const open = page.items.map(async ({ id, operationId }) => {
        const journal = (await engine.journal(id, trace.principal)) ?? [];
        const live = journal.find((operation) => operation.id === operationId);
        return { workflowId: id, key: live?.idempotencyKey ?? "" };
      });
      return { open: await Promise.all(open) };
    }
    default:
      return call satisfies never;
  }
}

function principalOf(name: Call["as"]): Principal {
  const kind = name === "agent" ? "agent" : "human";
  const permissions = name === "operator" ? ["workflow.*"] : [];
  return { subject: name, tenant: "default", roles: [], permissions, kind, via: "chaos" };
}

function toAnswer({ instance, status, output, links, chain, error }: Snapshot): Omit<Answer, "id"> {
  return {
    status,
    ...(instance === undefined
      ? {}
      : {
          workflowId: instance.id,
          version: instance.version,
          state: instance.state,
          definitionHash: instance.definitionHash,
          instanceStatus: instance.status,
        }),
    output: output ?? null,
    rels: links.filter(({ method }) => method === "workflow.submit").map(({ rel }) => rel),
    chain: chain.map(({ transition }) => transition),
    ...(error === undefined ? {} : { code: error.code, message: error.message }),
  };
}
