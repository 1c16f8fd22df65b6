import { existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const config = (folder: string, api = "http://127.0.0.1:9", leaseMs = 1000): string =>
  writeConfig(
    folder,
    `version: "1.0.0"
store: { kind: sqlite, path: data/flowgate.sqlite, leaseMs: ${leaseMs} }
connections:
  node: { kind: cli, command: node, workingDirectory: . }
  api: { kind: http, baseUrl: "${api}" }
workflows:
  deploy:
    initialState: ready
    states:
      ready:
        transitions:
          release:
            target: released
            executor:
              kind: human
              queue: releases
              title: Release
              onApprove: { executor: { kind: cli, connection: node, args: ["-p", "'released'"] } }
            output: { said: $.output.text }
          slow:
            target: released
            executor:
              kind: cli
              connection: node
              args: ["-e", "require('fs').appendFileSync('effects', 'x'); setTimeout(() => {}, 20000)"]
          broken:
            target: released
            executor: { kind: http, connection: api, method: GET, path: /broken }
            reliability: { retry: { maxAttempts: 1 }, circuitBreaker: { failures: 2, openMs: 10m } }
      released: { terminal: true }
`,
  );

const start = async (client: Awaited<ReturnType<typeof connectClient>>) =>
  (await client.call("workflow.start", { definitionId: "deploy" })).body;
const submit = (client: Awaited<ReturnType<typeof connectClient>>, body: any, transition: string) =>
  client.call("workflow.submit", {
    workflowId: body.workflow.id,
    expectedVersion: body.workflow.version,
    transition,
  });

test("an approval survives kill -9, is decided while no gateway runs, and the next gateway knows [R-DURABLE-1]", async () => {
  using folder = temporaryFolder();
  const file = config(folder.path);
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const first = await startHttpGateway(file, { env });
  const client = await connectClient({ url: first.url }, "2026-07-28");
  const pending = (await submit(client, await start(client), "release")).body;
  expect(pending.result.status).toBe("pending");
  await client.close();
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;

  const listed = await runGateway(["approvals", "list", "-c", file, "--json"], { env });
  expect(JSON.parse(listed.stdout).map(({ id }: any) => id)).toEqual([pending.approvals[0].id]);
  const approved = await runGateway(
    ["approvals", "approve", pending.approvals[0].id, "-c", file, "--as", "ann", "--reason", "checked"],
    { env },
  );
  expect(approved.code, approved.stderr).toBe(0);

  await using second = await startHttpGateway(file, { env });
  const again = await connectClient({ url: second.url }, "2026-07-28");
  const done = await waitFor(async () => {
    const { body } = await again.call("workflow.get", { workflowId: pending.workflow.id });
    return body.workflow.state === "released" ? body : undefined;
  });
  expect(done.result.status).toBe("completed");
  expect(done.context.said).toContain("released");
  const shown = await runGateway(["workflows", "show", pending.workflow.id, "-c", file], { env });
  expect(shown.stdout).toMatch(/committed\s+submit\s+release/);
  await again.close();
});

test("an effect that a crash cut off is not run again: a person says what became of it [R-DURABLE-2]", async () => {
  using folder = temporaryFolder();
  const file = config(folder.path);
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const first = await startHttpGateway(file, { env });
  const client = await connectClient({ url: first.url }, "2026-07-28");
  const started = await start(client);
  const cut = submit(client, started, "slow").catch(() => undefined);
  await waitFor(() => (existsSync(join(folder.path, "effects")) ? true : undefined));
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;
  await cut;
  await client.close().catch(() => undefined);

  await using second = await startHttpGateway(file, { env });
  const again = await connectClient({ url: second.url }, "2026-07-28");
  const unknown = await waitFor(async () => {
    const { body } = await again.call("workflow.get", { workflowId: started.workflow.id });
    return body.result.status === "outcome_unknown" ? body : undefined;
  });
  expect(unknown.error).toMatchObject({ code: "OUTCOME_UNKNOWN", attemptedTransition: "slow" });
  const resolved = await runGateway(
    [
      "workflows",
      "resolve-unknown",
      started.workflow.id,
      "-c",
      file,
      "--outcome",
      "executed",
      "--reason",
      "the effects file has it",
    ],
    { env },
  );
  expect(resolved.code, resolved.stderr).toBe(0);
  const after = (await again.call("workflow.get", { workflowId: started.workflow.id })).body;
  expect(after.workflow.state).toBe("released");
  expect(readFileSync(join(folder.path, "effects"), "utf8")).toBe("x");
  await again.close();
});

test("two gateways on one file see each other's workflows at once, and count failures for themselves [R-DURABLE-3]", async () => {
  using folder = temporaryFolder();
  let calls = 0;
  await using api = createServer((_request, response) => {
    calls += 1;
    response.writeHead(500).end();
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const file = config(folder.path, `http://127.0.0.1:${(api.address() as AddressInfo).port}`, 20_000);
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const [one, two] = await Promise.all([startHttpGateway(file, { env }), startHttpGateway(file, { env })]);
  const [first, second] = await Promise.all([
    connectClient({ url: one.url }, "2026-07-28"),
    connectClient({ url: two.url }, "2025-11-25"),
  ]);
  const started = await start(first);
  expect((await second.call("workflow.get", { workflowId: started.workflow.id })).body.workflow.state).toBe(
    "ready",
  );
  // Failures are counted by each process for itself: what one leaves alone the other still tries.
  for (const caller of [first, first, first, second]) {
    const failed = (await submit(caller, started, "broken")).body;
    expect(failed.result.status).toBe("failed");
  }
  expect(calls).toBe(3);
  const [a, b] = await Promise.all([submit(first, started, "release"), submit(second, started, "release")]);
  expect([a.body.workflow.id, b.body.workflow.id]).toEqual([started.workflow.id, started.workflow.id]);
  const listed = await runGateway(["approvals", "list", "-c", file, "--json"], { env });
  expect(new Set(JSON.parse(listed.stdout).map(({ id }: any) => id)).size).toBe(1);
  await Promise.all([first.close(), second.close()]);
  await Promise.all([one.stop(), two.stop()]);
});
