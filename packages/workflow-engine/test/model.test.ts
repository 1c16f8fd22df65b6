import {
  DEFAULT_LIMITS,
  FlowgateError,
  type Executor,
  type ExecutorKind,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import { createPostgresStore } from "@mcp-flowgate/store-postgres";
import { createAuditChain, createSqliteStore } from "@mcp-flowgate/store-sqlite";
import {
  checkEngineModel,
  connectToDatabase,
  createCountingIds,
  createInFlight,
  createManualClock,
  createRecordingAudit,
  createRecordingExecutor,
  createTestDatabase,
  MODEL_OUTPUT_BYTES,
  nodeDigest,
  silentLog,
  type ManualClock,
  type ModelSystem,
  type RecordingAudit,
  type TestConnection,
} from "@mcp-flowgate/testkit";
import { createEngine } from "@mcp-flowgate/workflow-engine";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asking } from "./bench.ts";

/** More for a long run: `MODEL_RUNS=5000 PROPERTY_SEED=7 vitest run model`. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);
const QUARANTINE_MS = 60_000;

/** A storage under the model: handles on it, each as another process would have it. */
interface Storage {
  open(replica: string): Promise<WorkflowStore>;
  /** Where the storage has a clock of its own: sets it to the model's. */
  tellTime?(): Promise<void>;
  dispose(): Promise<void>;
}

interface Ports {
  readonly clock: ManualClock;
  readonly audit: RecordingAudit;
}

describe("the engine keeps its invariants under arbitrary workflows, commands, crashes and failures (W1–W9, W11–W15, W17–W20, W22)", () => {
  it("on the memory store", { timeout: 120_000 }, async () => {
    const checked = checkEngineModel(() => createSystem(openMemory), {
      runs: RUNS,
      commands: 25,
    });
    await expect(checked).resolves.toBeUndefined();
  });

  it("on the SQLite store", { timeout: 240_000 }, async () => {
    const runs = Math.ceil(RUNS / 4);
    const checked = checkEngineModel(() => createSystem(openSqlite), { runs, commands: 25 });
    await expect(checked).resolves.toBeUndefined();
  });

  it("on the Postgres store", { timeout: 240_000 }, async () => {
    const url = await createTestDatabase();
    const connection = await connectToDatabase(url);
    try {
      const create = (ports: Ports): Promise<Storage> => openPostgres(ports, url, connection);
      const runs = Math.ceil(RUNS / 8);
      const checked = checkEngineModel(() => createSystem(create), { runs, commands: 20 });
      await expect(checked).resolves.toBeUndefined();
    } finally {
      await connection.end();
    }
  });
});

async function createSystem(create: (ports: Ports) => Storage | Promise<Storage>): Promise<ModelSystem> {
  const inFlight = createInFlight();
  let storage: Storage | undefined;
  const settle = async (): Promise<void> => {
    await storage?.tellTime?.();
    await inFlight.settle();
  };
  const clock = createManualClock(undefined, settle);
  const audit = createRecordingAudit();
  const opened = await create({ clock, audit });
  storage = opened;
  const ids = createCountingIds();
  let losing = false;
  return {
    clock,
    audit,
    settle,
    loseAnswer() {
      losing = true;
    },
    async open(replica, executor, definitions) {
      const handle = await opened.open(replica);
      const lease = handle.lease.bind(handle);
      // As in a product; what a store makes of the model's long lease is longer than the model goes on.
      handle.lease = () => ({ ...lease(), quarantineMs: QUARANTINE_MS });
      const apply = handle.apply.bind(handle);
      handle.apply = async (batch) => {
        const result = await apply(batch);
        if (!losing) return result;
        losing = false;
        throw new FlowgateError("STORE_UNAVAILABLE", "the connection was lost");
      };
      const store = inFlight.watch(handle);
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
        limits: { ...DEFAULT_LIMITS, outputBytes: MODEL_OUTPUT_BYTES },
        log: silentLog,
      });
      return { engine, store, crash: () => store.close() };
    },
    dispose: () => opened.dispose(),
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
          refuseWhereTold(audit, draft.type);
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

/** Every table that a run leaves something in. */
const EMPTY = `DO $$ BEGIN
  IF to_regclass('mcp_flowgate.wf') IS NOT NULL THEN
    TRUNCATE mcp_flowgate.replica, mcp_flowgate.definition, mcp_flowgate.wf, mcp_flowgate.op, mcp_flowgate.evidence,
      mcp_flowgate.timer, mcp_flowgate.signal, mcp_flowgate.approval, mcp_flowgate.request, mcp_flowgate.rate,
      mcp_flowgate.audit, mcp_flowgate.change, mcp_flowgate.blob, mcp_flowgate.blob_owner RESTART IDENTITY;
  END IF;
END $$`;

async function openPostgres(
  { clock, audit }: Ports,
  url: string,
  connection: TestConnection,
): Promise<Storage> {
  const opened: WorkflowStore[] = [];
  const ids = createCountingIds();
  const chain = createAuditChain({ ids, digest: nodeDigest });
  let told: number | undefined;
  await connection.ask(EMPTY);
  const tellTime = async (): Promise<void> => {
    if (opened.length === 0 || told === clock.now()) return;
    told = clock.now();
    await connection.ask(
      `CREATE OR REPLACE FUNCTION mcp_flowgate.now_ms() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT ${told}::bigint $$`,
    );
  };
  const open = async (replica: string): Promise<WorkflowStore> =>
    await createPostgresStore({
      url,
      poolSize: 2,
      clock,
      ids,
      digest: nodeDigest,
      log: silentLog,
      replica,
      leaseMs: 1e9,
      auditChain: (head, draft) => {
        refuseWhereTold(audit, draft.type);
        return chain(head, draft);
      },
      forward: audit,
    });
  // The first one makes the tables, and with them the clock that it then has to be told.
  const first = await open("tables");
  opened.push(first);
  await tellTime();
  await first.close();
  return {
    async open(replica) {
      const store = await open(replica);
      opened.push(store);
      return store;
    },
    tellTime,
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

function refuseWhereTold(audit: RecordingAudit, type: string): void {
  if (audit.refuses(type)) throw new FlowgateError("AUDIT_UNAVAILABLE", "no space left");
}
