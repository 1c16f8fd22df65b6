import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  followGateway,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const OPERATOR = "a-key-of-the-operator-7";

test("records in PostgreSQL are followed, found, exported, verified and read over the admin API [R-AUDIT-5] (F64)", async () => {
  using folder = temporaryFolder();
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}" }
server: { admin: { inline: true } }
identity:
  kind: apiKeys
  keys:
    - { id: op, key: ${OPERATOR}, subject: op, permissions: [gateway.*] }
proxy:
  expose:
    - { name: act, executor: { kind: noop } }
    - { name: never, executor: { kind: noop }, guards: [{ kind: role, role: nobody }], inputSchema: { type: object } }
audit: { sinks: [{ kind: postgres, heads: store.heads }], onFailure: fail_closed, signingKeyFile: audit.pem }
`,
  );
  const env = { DATABASE_URL: await createTestDatabase(), FLOWGATE_RUNTIME_DIR: folder.path };
  const gateway = await startHttpGateway(config, { env });
  const headers = { "x-api-key": OPERATOR };
  const client = await connectClient({ url: gateway.url, headers }, "2026-07-28");
  const audit = (...args: string[]) => runGateway(["audit", ...args, "-c", config], { env });
  {
    using tail = followGateway(["audit", "tail", "-c", config, "--json"], { env });
    await waitFor(() => tail.stdout().includes("server.initialized") || undefined);
    await client.call("workflow.start", { definitionId: "act" });
    await waitFor(() => tail.stdout().includes("workflow.completed") || undefined);
  }
  const ran = (await client.call("workflow.start", { definitionId: "act" })).body;
  await client.call("workflow.start", { definitionId: "never", input: { amount: 7 } });
  const submit = {
    workflowId: ran.workflow.id,
    expectedVersion: 1,
    transition: "again",
    arguments: { n: 1 },
  };
  await client.call("workflow.submit", submit);
  await client.close();

  const found = await audit("query", "--workflow", ran.workflow.id, "--json");
  const { items } = JSON.parse(found.stdout);
  expect(items[0]).toMatchObject({
    eventType: "transition.rejected",
    workflowId: ran.workflow.id,
    principal: { subject: "op" },
    definitionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    payload: { code: "WORKFLOW_TERMINAL", argumentsHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const refused = JSON.parse((await audit("query", "--type", "guard.rejected", "--json")).stdout).items;
  expect(refused).toMatchObject([{ payload: { argumentsHash: expect.stringMatching(/^[0-9a-f]{64}$/) } }]);
  const asked = await fetch(new URL(`/admin/audit?workflow=${ran.workflow.id}&limit=2`, gateway.url), {
    headers,
  });
  const page: any = await asked.json();
  expect(page.items).toEqual(items.slice(0, 2));
  const more = await fetch(
    new URL(`/admin/audit?workflow=${ran.workflow.id}&cursor=${page.nextCursor}`, gateway.url),
    { headers },
  );
  expect(((await more.json()) as any).items).toEqual(items.slice(2));
  expect(await gateway.stop()).toBe(0);

  const lines = (await audit("export")).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ eventType }) => eventType)).toContain("server.initialized");
  expect((await audit("export", "--format", "csv")).stdout.trim().split("\n")).toHaveLength(lines.length + 1);
  const verdict = await audit("verify", "--json");
  expect(JSON.parse(verdict.stdout)).toMatchObject({ ok: true, records: lines.length });
  expect((await audit("verify", "--key", `${folder.path}/audit.pem.pub`)).stdout).toMatch(
    /^ok: .* [1-9]\d* signed checkpoint/,
  );
});
