import {
  DEFAULT_LIMITS,
  FlowgateError,
  type Executor,
  type ExecutorKind,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import { createAuditChain, createSqliteStore } from "@mcp-flowgate/store-sqlite";
import {
  checkEngineModel,
  createCountingIds,
  createInFlight,
  createManualClock,
  createRecordingAudit,
  createRecordingExecutor,
  nodeDigest,
  silentLog,
  type ManualClock,
  type ModelSystem,
  type RecordingAudit,
} from "@mcp-flowgate/testkit";
import { createEngine } from "@mcp-flowgate/workflow-engine";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asking } from "./bench.ts";

/** More for a long run: `MODEL_RUNS=5000 MODEL_SEED=7 vitest run model`. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);
const SEED = process.env["MODEL_SEED"];
const INVARIANTS = "W1–W9, W11–W15, W17–W20, W22";

/** A storage under the model: handles on it, each as another process would have it. */
interface Storage {
  open(replica: string): Promise<WorkflowStore>;
  dispose(): Promise<void>;
}

interface Ports {
  readonly clock: ManualClock;
  readonly audit: RecordingAudit;
}

describe("the engine keeps its invariants under arbitrary workflows, commands, crashes and failures", () => {
  it(`on the memory store (${INVARIANTS})`, { timeout: 120_000 }, async () => {
    const checked = checkEngineModel(() => createSystem(openMemory), {
      runs: RUNS,
      commands: 25,
      ...seeded(),
    });
    await expect(checked).resolves.toBeUndefined();
  });

  it(`on the SQLite store (${INVARIANTS})`, { timeout: 240_000 }, async () => {
    const runs = Math.ceil(RUNS / 4);
    const checked = checkEngineModel(() => createSystem(openSqlite), { runs, commands: 25, ...seeded() });
    await expect(checked).resolves.toBeUndefined();
  });
});

function seeded(): { readonly seed?: number } {
  return SEED === undefined ? {} : { seed: Number(SEED) };
}

async function createSystem(create: (ports: Ports) => Storage): Promise<ModelSystem> {
  const inFlight = createInFlight();
  const clock = createManualClock(undefined, inFlight.settle);
  const audit = createRecordingAudit();
  const storage = create({ clock, audit });
  const ids = createCountingIds();
  return {
    clock,
    audit,
    settle: inFlight.settle,
    async open(replica, executor, definitions) {
      const store = inFlight.watch(await storage.open(replica));
      const engine = createEngine({
        store,
        executors: new Map<ExecutorKind, Executor>([
          ["mcp", executor],
          ["human", asking],
          ["noop", createRecordingExecutor("noop")],
        ]),
        definitions: {
          current: (id) => definitions.get(id),
          byHash: (hash) => [...definitions.values()].find((definition) => definition.hash === hash),
        },
        clock,
        ids,
        digest: nodeDigest,
        schemas: createSchemas(),
        limits: DEFAULT_LIMITS,
        log: silentLog,
      });
      return { engine, store, crash: () => store.close() };
    },
    dispose: () => storage.dispose(),
  };
}

function openMemory({ clock, audit }: Ports): Storage {
  const data = createMemoryData();
  return {
    open: async (replica) => createMemoryStore({ clock, audit, data, replica }),
    dispose: async () => undefined,
  };
}

function openSqlite({ clock, audit }: Ports): Storage {
  // Durability against a power cut is not what the model asks for.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "flowgate-model-"));
  const opened: WorkflowStore[] = [];
  const ids = createCountingIds();
  const chain = createAuditChain({ ids, digest: nodeDigest });
  return {
    async open(replica) {
      const store = await createSqliteStore({
        path: join(folder, "flowgate.db"),
        clock,
        ids,
        digest: nodeDigest,
        log: silentLog,
        replica,
        // The clock of the model leaps; a lease that ends by the clock is another test's.
        leaseMs: 1e9,
        auditChain: (head, draft) => {
          if (audit.refuses(draft.type)) throw new FlowgateError("AUDIT_UNAVAILABLE", "no space left");
          return chain(head, draft);
        },
        forward: audit,
      });
      opened.push(store);
      return store;
    },
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
