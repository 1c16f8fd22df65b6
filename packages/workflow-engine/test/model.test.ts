import { DEFAULT_LIMITS, type Executor, type ExecutorKind } from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import {
  checkEngineModel,
  createCountingIds,
  createManualClock,
  createRecordingAudit,
  createRecordingExecutor,
  nodeDigest,
  silentLog,
} from "@mcp-flowgate/testkit";
import { createEngine } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it } from "vitest";
import { asking } from "./bench.ts";

/** More for a long run: `MODEL_RUNS=5000 MODEL_SEED=7 vitest run model`. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);
const SEED = process.env["MODEL_SEED"];

describe("the engine on the memory store", () => {
  it("keeps its invariants under arbitrary workflows, commands, crashes and failures (W1–W9, W11–W15, W17–W20, W22)", async () => {
    const checked = checkEngineModel(
      async () => {
        const clock = createManualClock();
        const audit = createRecordingAudit();
        const data = createMemoryData();
        const ids = createCountingIds();
        return {
          clock,
          audit,
          async open(replica, executor, definitions) {
            const store = createMemoryStore({ clock, audit, data, replica });
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
          dispose: async () => undefined,
        };
      },
      { runs: RUNS, commands: 25, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    await expect(checked).resolves.toBeUndefined();
  }, 120_000);
});
