import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const META_SERVER = fileURLToPath(new URL("../harness/meta-server.mjs", import.meta.url));
const SECRET = "canary-7f3a9c-do-not-show";

test("what happened is in the audit file, and no secret is anywhere (W16) [R-AUDIT-1]", async () => {
  using folder = temporaryFolder();
  const trail = join(folder.path, "audit.jsonl");
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  node: { kind: cli, command: node, env: { TOKEN: "\${CANARY}" } }
  meta: { kind: mcp, command: node, args: ["${META_SERVER}"], env: { TOKEN: "\${CANARY}" } }
  api: { kind: http, baseUrl: "http://127.0.0.1:9", headers: { authorization: "Bearer \${CANARY}" } }
proxy:
  expose:
    - { name: show.token, executor: { kind: cli, connection: node, args: ["-p", "process.env.TOKEN"] } }
    - { name: fail.with.token, executor: { kind: cli, connection: node, args: ["-e", "console.error(process.env.TOKEN); process.exit(3)"] } }
    - { name: tell.token, executor: { kind: mcp, connection: meta, tool: meta, map: { token: "\${CANARY}" } } }
    - { name: ask.token, executor: { kind: human, queue: desk, title: "Use \${CANARY}" } }
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
  for (const id of ["fail.with.token", "tell.token", "ask.token"])
    await client.call("workflow.start", { definitionId: id });
  await client.call("gateway.describe", { id: "call.api" });
  expect(await (await fetch(new URL("/metrics", gateway.url))).text()).not.toContain(SECRET);
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

test("a changed, dropped or added record is found and named; an honest trail passes [R-AUDIT-2]", async () => {
  using folder = temporaryFolder();
  const trail = join(folder.path, "audit.jsonl");
  const config = writeConfig(folder.path, `${HELLO}audit: { sink: file, path: ${trail} }\n`);
  const gateway = await startHttpGateway(config);
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const ran = await client.call("workflow.start", { definitionId: "hello.echo", input: { message: "one" } });
  await client.call("workflow.start", { definitionId: "hello.echo", input: { message: "two" } });
  await client.close();
  await gateway.stop();

  const honest = await runGateway(["audit", "verify", "-c", config]);
  expect(honest, honest.stderr).toMatchObject({ code: 0 });
  expect(honest.stdout).toMatch(/^ok: \d+ records of 1 stream/);

  const found = await runGateway([
    "audit",
    "query",
    "-c",
    config,
    "--workflow",
    ran.body.workflow.id,
    "--json",
  ]);
  const types = JSON.parse(found.stdout).items.map(({ eventType }: { eventType: string }) => eventType);
  expect(types).toContain("workflow.completed");
  const csv = await runGateway(["audit", "export", "--path", trail, "--format", "csv"]);
  expect(csv.stdout.split("\n")[0]).toContain("eventType");

  const lines = readFileSync(trail, "utf8").trimEnd().split("\n");
  const middle = lines.findIndex((line) => line.includes(ran.body.workflow.id));
  const forged = join(folder.path, "forged.jsonl");
  const without = lines.filter((_, index) => index !== middle);
  const edited = lines.map((line, index) => (index === middle ? line.replace('"agent"', '"human"') : line));
  for (const version of [
    without,
    edited,
    [...lines.slice(0, middle), lines[middle], ...lines.slice(middle)],
  ]) {
    writeFileSync(forged, `${version.join("\n")}\n`);
    const verdict = await runGateway(["audit", "verify", "--path", forged]);
    expect(verdict.code).toBe(1);
    expect(verdict.stdout).toMatch(/forged\.jsonl:\d+: /);
  }
});
