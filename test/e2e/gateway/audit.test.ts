import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const SECRET = "canary-7f3a9c-do-not-show";

test("what happened is in the audit file, and no secret is anywhere [R-AUDIT-1]", async () => {
  using folder = temporaryFolder();
  const trail = join(folder.path, "audit.jsonl");
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  node: { kind: cli, command: node, env: { TOKEN: "\${CANARY}" } }
  api: { kind: http, baseUrl: "http://127.0.0.1:9", headers: { authorization: "Bearer \${CANARY}" } }
proxy:
  expose:
    - { name: show.token, executor: { kind: cli, connection: node, args: ["-p", "process.env.TOKEN"] } }
    - { name: call.api, executor: { kind: http, connection: api, path: /x } }
    - { name: only.admin, executor: { kind: noop }, guards: [{ kind: role, role: admin }] }
audit: { sink: file, path: ${trail}, onFailure: fail_closed }
telemetry: { logs: { level: debug } }
`,
  );
  const gateway = await startHttpGateway(config, { env: { CANARY: SECRET } });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const shown = await client.call("workflow.start", { definitionId: "show.token" });
  expect(shown.body.result.status).toBe("completed");
  expect((await client.call("workflow.start", { definitionId: "call.api" })).body.error).toMatchObject({
    code: "EXECUTOR_FAILED",
    errorClass: "connection_error",
  });
  expect((await client.call("workflow.start", { definitionId: "only.admin" })).body.error.code).toBe(
    "GUARD_REJECTED",
  );
  await client.call("gateway.describe", { id: "call.api" });
  await client.close();
  expect(await gateway.stop()).toBe(0);
  const text = readFileSync(trail, "utf8");
  expect(gateway.stderr()).not.toContain(SECRET);
  expect(text).not.toContain(SECRET);
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const types = events.map(({ eventType }) => eventType);
  for (const type of [
    "server.initialized",
    "workflow.started",
    "executor.started",
    "executor.succeeded",
    "executor.failed",
    "workflow.completed",
    "guard.rejected",
  ])
    expect(types).toContain(type);
  for (const event of events) expect(event.hash).toMatch(/^[0-9a-f]{64}$/);
});
