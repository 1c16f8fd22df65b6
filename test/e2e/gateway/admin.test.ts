import { setImmediate } from "node:timers/promises";
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import {
  collect,
  repository,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";
import { startOpenIdProvider, type OpenIdProvider } from "../harness/oidc.ts";

const PEOPLE = {
  ada: { tid: "default", groups: [] },
  mia: { tid: "default", groups: ["manager"], kind: "human" },
  tom: { tid: "default", groups: ["finance"], kind: "human" },
  una: { tid: "default", groups: ["finance"], kind: "human" },
  robot: { tid: "default", groups: ["manager", "finance"], kind: "service" },
  olga: { tid: "default", groups: ["operator"], kind: "human" },
};
const example = join(repository, "examples/expense-approval");
const folder = temporaryFolder();
let issuer: OpenIdProvider;
let gateway: GatewayProcess;
let payroll: ChildProcess;
let origin: string;
let ada: TestClient;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

beforeAll(async () => {
  const [port, api] = [await freePort(), await freePort()];
  origin = `http://127.0.0.1:${port}`;
  issuer = await startOpenIdProvider(PEOPLE, `${origin}/mcp`);
  const env = {
    PAYROLL_PORT: String(api),
    PAYROLL_URL: `http://127.0.0.1:${api}`,
    PAYROLL_TOKEN: "canary-of-the-payroll-system",
    ISSUER: issuer.issuer,
    AUDIENCE: `${origin}/mcp`,
    FLOWGATE_RUNTIME_DIR: folder.path,
  };
  payroll = spawn(process.execPath, [join(example, "payroll.mjs")], { env: { ...process.env, ...env } });
  const said = collect(payroll);
  await waitFor(() => (said.stderr().includes("payroll on") ? true : undefined));
  const sink = writeConfig(
    folder.path,
    `version: "1.0.0"\naudit: { sink: file, path: audit.jsonl }\n`,
    "audit.yaml",
  );
  gateway = await startHttpGateway(join(example, "gateway.yaml"), {
    env,
    args: ["-c", join(example, "tokens.yaml"), "-c", sink, "--listen", `127.0.0.1:${port}`],
  });
  ada = await connectClient({ url: `${origin}/mcp`, headers: await bearer("ada") }, "2026-07-28");
});
afterAll(async () => {
  await ada.close();
  await gateway.stop();
  payroll.kill();
  await issuer[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function bearer(who: keyof typeof PEOPLE): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await issuer.token(who)}` };
}

async function admin(
  who: keyof typeof PEOPLE,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: any }> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { ...(await bearer(who)), "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function claim(amount: number): Promise<any> {
  const { body } = await ada.call("workflow.start", {
    definitionId: "expense_claim",
    input: { employee: "ada@acme.example", amount, category: "training", purpose: "A year of courses" },
  });
  return (await ada.call("workflow.submit", body.links.find(({ rel }: any) => rel === "ask_manager").args))
    .body;
}

test("people approve over HTTP as whoever their token says they are, and nobody else does [R-ADMIN-1]", async () => {
  const asked = await claim(7200);
  const approval = `/admin/approvals/${asked.approvals[0].id}`;
  expect((await admin("ada", "POST", `${approval}/approve`, {})).status).toBe(403);
  expect((await admin("robot", "POST", `${approval}/approve`, {})).status).toBe(404);
  const forged = await admin("tom", "POST", `${approval}/approve`, {
    as: { subject: "mia", roles: ["manager"] },
  });
  expect(forged.status).toBe(409);
  const waiting = await admin("mia", "GET", "/admin/approvals?status=pending");
  expect(waiting.body.items.map(({ id }: any) => id)).toContain(asked.approvals[0].id);
  const done = await admin("mia", "POST", `${approval}/approve`, { reason: "fits the budget" });
  expect(done).toMatchObject({
    status: 200,
    body: { approval: { status: "consumed", decisions: [{ by: "mia", via: `jwt:${issuer.issuer}` }] } },
  });

  const workflowId: string = asked.workflow.id;
  const board = await waitFor(async () => {
    const { body } = await ada.call("workflow.get", { workflowId });
    return body.links.find(({ rel }: any) => rel === "ask_finance_board");
  });
  const second = (await ada.call("workflow.submit", board.args)).body;
  const finance = `/admin/approvals/${second.approvals.at(-1).id}`;
  expect((await admin("tom", "POST", `${finance}/approve`, {})).status).toBe(200);
  expect((await admin("tom", "POST", `${finance}/approve`, {})).status).toBe(409);
  expect((await admin("una", "POST", `${finance}/approve`, {})).status).toBe(200);
  const pay = await waitFor(async () => {
    const { body } = await ada.call("workflow.get", { workflowId });
    return body.links.find(({ rel }: any) => rel === "pay");
  });
  expect((await ada.call("workflow.submit", pay.args)).body.result.status).toBe("completed");

  const trail = await admin("olga", "GET", `/admin/audit?workflow=${workflowId}&type=human.*`);
  const resolved = trail.body.items.filter(({ eventType }: any) => eventType === "human.approval.resolved");
  expect(resolved.map(({ principal }: any) => principal.subject)).toEqual(["una", "tom", "mia"]);
  expect((await admin("mia", "GET", "/admin/audit")).status).toBe(403);
});

test("operators see, cancel and look; others only their own [R-ADMIN-1]", async () => {
  const { workflow } = await claim(100);
  const path = `/admin/workflows/${workflow.id}`;
  expect((await admin("mia", "GET", path)).status).toBe(404);
  expect((await admin("mia", "POST", `${path}/cancel`, { reason: "mine now" })).status).toBe(404);
  expect((await admin("olga", "GET", path)).body).toMatchObject({ id: workflow.id, owner: "ada" });
  expect((await admin("olga", "POST", `${path}/cancel`, {})).status).toBe(400);
  expect((await admin("olga", "POST", `${path}/cancel`, { reason: "sent twice" })).status).toBe(200);
  expect((await admin("olga", "GET", "/admin/workflows?tenant=other")).body.items.length).toBeGreaterThan(0);
  expect((await admin("olga", "GET", "/servers")).body.items).toMatchObject([
    { name: "policy", kind: "mcp", state: "ready" },
    { name: "payroll", kind: "http" },
  ]);
  expect((await admin("olga", "GET", "/servers?tag=none")).body.items).toEqual([]);
  expect((await admin("olga", "GET", "/servers/policy")).status).toBe(200);
  expect((await admin("olga", "GET", "/stats")).body).toMatchObject({ workflows: 1 });
  for (const path of ["/servers", "/servers/policy", "/stats", "/admin/config"])
    expect((await admin("ada", "GET", path)).status).toBe(403);
  const config = JSON.stringify((await admin("olga", "GET", "/admin/config")).body);
  expect(config).toContain("expense_claim");
  expect(config).not.toContain("canary");
});

test("the description is valid OpenAPI, and no request that it allows or forbids makes the gateway fail [R-ADMIN-2]", async () => {
  const { body: document } = await admin("ada", "GET", "/openapi.json");
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  // The validator keeps the loop for seconds: only now does the client see that its idle connections were closed.
  await setImmediate();
  const token = await bearer("olga");
  const operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("..", "%00", "%", "__proto__", "ap_x", "💥", "\u0000"),
  );
  const request = fc.record({
    operation: fc.constantFrom(...operations),
    method: fc.option(fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"), { nil: undefined }),
    id: nasty,
    query: fc.dictionary(
      fc.constantFrom(
        "status",
        "cursor",
        "queue",
        "limit",
        "type",
        "tag",
        "tenant",
        "definition",
        "workflow",
      ),
      nasty,
    ),
    body: fc.option(
      fc.oneof(fc.json(), fc.string(), fc.constant('{"reason":"r","outcome":"executed","input":[]}')),
      { nil: undefined },
    ),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, method = operation.method, id, query, body }) => {
      const path = operation.path.replace(/\{\w+\}/, encodeURIComponent(id.toWellFormed()));
      const response = await fetch(`${origin}${path}?${new URLSearchParams(query)}`, {
        method,
        headers: token,
        ...(body === undefined || method === "GET" ? {} : { body }),
      });
      expect(
        response.status,
        `${method} ${path} ${JSON.stringify(query)} ${body} ${await response.text()}`,
      ).toBeLessThan(500);
    }),
    { numRuns: 150 },
  );
});

test("a listener of its own carries the admin API and not MCP; the health check asks [R-ADMIN-1]", async () => {
  using other = temporaryFolder();
  const port = await freePort();
  const config = writeConfig(
    other.path,
    `${HELLO}identity: { kind: apiKeys, keys: [{ id: op, key: a-key-of-the-operator-7, subject: op, permissions: [gateway.*] }] }
server: { admin: { listen: "127.0.0.1:${port}" } }
`,
  );
  await using own = await startHttpGateway(config);
  const headers = { "x-api-key": "a-key-of-the-operator-7" };
  expect((await fetch(`http://127.0.0.1:${port}/stats`, { headers })).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/stats`)).status).toBe(401);
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
  expect(await metrics.text()).toContain("flowgate_ready");
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401);
  expect((await fetch(`http://127.0.0.1:${port}/mcp`, { headers })).status).toBe(404);
  expect((await fetch(new URL("/stats", own.url), { headers })).status).toBe(404);
  const { host } = new URL(own.url);
  expect((await runGateway(["serve", "-c", config, "--listen", host, "--health-check"])).code).toBe(0);
  await own.stop();
  expect((await runGateway(["serve", "-c", config, "--listen", host, "--health-check"])).code).toBe(1);
});
