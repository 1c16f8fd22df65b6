import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkEvent } from "../harness/audit-schema.ts";
import { connectClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const configOf = (url: string, state: string): string => `version: "1.0.0"
store: { kind: sqlite, path: flowgate.sqlite }
audit: { sinks: [{ kind: file, path: audit.jsonl }, { kind: sqlite }] }
connections:
  api: { kind: http, baseUrl: "${url}" }
proxy:
  expose:
    - name: pays
      executor:
        kind: http
        connection: api
        path: /pay
        method: POST
        effect: reconcile
        probe:
          delayMs: 1ms
          executor: { kind: http, connection: api, path: "/by-key/{idempotencyKey}" }
          executed: { kind: expr, expr: $.output.status == 200 }
workflows:
  review:
    initialState: ${state}
    states:
      ${state}: { transitions: { end: { target: done } } }
      done: { terminal: true }
`;

test("reloads, migrations and probes are recorded as their schema says [R-AUDIT-3]", async () => {
  using folder = temporaryFolder();
  const server = createServer((request, response) =>
    request.resume().on("end", () => {
      if (request.url === "/pay") request.socket.destroy();
      else response.writeHead(200, { "content-type": "application/json" }).end("{}");
    }),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const config = writeConfig(folder.path, configOf(url, "open"));
  const recorded = (type: string): any[] =>
    readFileSync(join(folder.path, "audit.jsonl"), "utf8")
      .split("\n")
      .filter((line) => line.includes(`"eventType":"${type}"`))
      .map((line) => JSON.parse(line));
  const isRecorded = (type: string): Promise<true> =>
    waitFor(() => (recorded(type).length > 0 ? true : undefined));
  await using gateway = await startHttpGateway(config, { env });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  await client.call("workflow.start", { definitionId: "pays" });
  await isRecorded("operation.probed");
  const { workflow } = (await client.call("workflow.start", { definitionId: "review" })).body;

  writeFileSync(config, "proxy: [");
  gateway.child.kill("SIGHUP");
  await isRecorded("config.reload_failed");
  writeFileSync(config, configOf(url, "reading"));
  gateway.child.kill("SIGHUP");
  await isRecorded("config.reloaded");
  const migrate = ["workflows", "migrate", workflow.id, "-c", config, "--as", "ann", "--to", "current"];
  const moved = await runGateway([...migrate, "--map", "open=reading", "--reason", "another name"], { env });
  expect(moved.code, moved.stderr).toBe(0);
  await isRecorded("workflow.migrated");

  for (const type of ["operation.probed", "config.reload_failed", "config.reloaded", "workflow.migrated"])
    expect(recorded(type).flatMap(checkEvent), type).toEqual([]);
  expect(recorded("operation.probed")[0]).toMatchObject({
    payload: { probe: 1, answer: "executed" },
    definitionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    principal: { subject: "anonymous" },
  });
  expect(recorded("workflow.migrated")[0]).toMatchObject({
    workflowId: workflow.id,
    payload: { fromState: "open", toState: "reading", reason: "another name" },
    principal: { subject: "ann", via: expect.stringMatching(/^cli/) },
  });
  await client.close();
  server.close();
});
