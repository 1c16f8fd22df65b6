import { DEFAULT_LIMITS, type Executor, type ExecutorKind } from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import {
  buildCapability,
  buildNoop,
  buildPrincipal,
  createCountingIds,
  createManualClock,
  createRecordingExecutor,
  nodeDigest,
  silentLog,
} from "@mcp-flowgate/testkit";
import { capabilityDefinition, createEngine, RUN, toDefinition } from "@mcp-flowgate/workflow-engine";
import { expect, it } from "vitest";

it("runs the example of the README", async () => {
  const clock = createManualClock();
  const ids = createCountingIds();
  const digest = nodeDigest;
  const log = silentLog;
  const principal = buildPrincipal("agent");
  const capability = buildCapability("hello.echo", { executor: buildNoop() });
  const executors = new Map<ExecutorKind, Executor>([["noop", createRecordingExecutor("noop")]]);

  const definition = toDefinition(capabilityDefinition(capability), digest);
  const definitions = { current: () => definition, byHash: () => definition };
  const store = createMemoryStore({ clock });
  const schemas = createSchemas();
  const limits = DEFAULT_LIMITS;
  const engine = createEngine({ store, executors, definitions, clock, ids, digest, schemas, limits, log });
  engine.run();

  const submit = { transition: RUN, arguments: { text: "hello" } };
  const input = { text: "hello" };
  const snapshot = await engine.start({ definition, input, submit, principal, correlationId: "cor_1" });
  expect([snapshot.status, snapshot.output]).toEqual(["completed", { text: "hello" }]);
  expect(await engine.close({ deadlineMs: 30_000 })).toBe(true);
});
