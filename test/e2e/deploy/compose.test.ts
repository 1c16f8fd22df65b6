import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { describe, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { composeFile, readServices, startService, TOPOLOGIES, type Service } from "../harness/compose.ts";
import { findProgram } from "../harness/debian.ts";
import { exitOf, gatewayBin, runGateway, temporaryFolder } from "../harness/gateway-process.ts";
import { findNginx, freePort, runNginx } from "../harness/load-balancer.ts";
import { startOpenIdProvider } from "../harness/oidc.ts";

const VARIABLES = {
  AGENT_KEY: "agent-key-of-the-compose-tests",
  MANAGER_KEY: "manager-key-of-the-compose-tests",
  METRICS_KEY: "metrics-key-of-the-compose-tests",
  POSTGRES_PASSWORD: "secret",
  ISSUER: "https://login.example.com",
  AUDIENCE: "https://flowgate.example.com/mcp",
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const isGateway = ({ image }: Service): boolean => image.startsWith("mcp-flowgate:");

/** The start of `postgres://…@postgres:5432/flowgate` stays as it is in the file; the database of the test is elsewhere. */
const database = async (service: Service): Promise<{ readonly [name: string]: string }> => ({
  [service.environment?.["DATABASE_URL"] ?? ""]: await createTestDatabase(),
});

async function echoes(url: string, token: string): Promise<void> {
  const client = await connectClient({ url, headers: bearer(token) }, "2026-07-28");
  const { body } = await client.call("workflow.start", {
    definitionId: "hello.echo",
    input: { message: "hello" },
  });
  expect(body.result?.output, JSON.stringify(body)).toEqual({ message: "hello" });
  await client.close();
}

/** An agent asks; the answer says which approval waits. */
async function asks(client: TestClient): Promise<{ readonly workflowId: string; readonly approval: string }> {
  const started = await client.call("workflow.start", {
    definitionId: "release",
    input: { version: "1.2.3" },
  });
  const { body } = await client.call("workflow.submit", started.body.links[0].args);
  expect(body.result.status).toBe("pending");
  return { workflowId: body.workflow.id, approval: body.approvals[0].id };
}

async function decides(url: string, approval: string, token: string): Promise<number> {
  const response = await fetch(new URL(`/admin/approvals/${approval}/approve`, url), {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/json" },
    body: JSON.stringify({ reason: "looked at it" }),
  });
  await response.text();
  return response.status;
}

const stateOf = async (client: TestClient, workflowId: string): Promise<string> =>
  (await client.call("workflow.get", { workflowId })).body.workflow?.state;

describe.each(TOPOLOGIES)("%s", (topology) => {
  const services = readServices(topology, VARIABLES);

  test("compose itself takes the file", (context) => {
    const compose = findProgram(
      "docker-compose",
      ["docker", "compose", "version"],
      ["docker-compose", "version"],
    );
    if (compose === undefined) return context.skip("there is no compose here, and none could be installed");
    const args = compose === "docker" ? ["compose", "config", "--quiet"] : ["config", "--quiet"];
    const { status, stderr } = spawnSync(compose, args, {
      cwd: dirname(composeFile(topology)),
      env: { ...process.env, ...VARIABLES },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("the configuration passes a strict check with what compose gives it, and not without", async () => {
    const config = composeFile(topology, "gateway.yaml");
    const check = ["check", "--strict", "-c", config, "-c", composeFile("catalogue.yaml", "")];
    const gateways = Object.values(services).filter(isGateway);
    // Replicas are given the same.
    const distinct = new Map(gateways.map((service) => [JSON.stringify(service.environment), service]));
    for (const service of distinct.values()) {
      const { PATH } = process.env;
      const env = { PATH, ...service.environment } as NodeJS.ProcessEnv;
      const checked = spawnSync(process.execPath, [gatewayBin, ...check], { env, encoding: "utf8" });
      expect([checked.status, checked.stderr, checked.stdout]).toEqual([
        0,
        "",
        expect.stringContaining("proved nothing is released without a person"),
      ]);
    }
    const bare = await runGateway(check);
    expect([bare.code, bare.stdout]).toEqual([1, expect.stringContaining("FG110")]);
  });

  test("no service has more than it needs, or can be reached from other machines", () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service.image, name).not.toMatch(/:latest$|^[^:]+$/);
      expect(service["restart"], name).toBe("unless-stopped");
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      if (name === "postgres") continue;
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
      if (!isGateway(service)) continue;
      const [, deadline] =
        /deadlineMs: (\d+)s/.exec(readFileSync(composeFile(topology, "gateway.yaml"), "utf8")) ?? [];
      expect(Number.parseInt(String(service["stop_grace_period"]), 10)).toBeGreaterThan(Number(deadline));
    }
  });
});

test("single-node serves, lets a person decide, and goes on after a restart [R-COMPOSE-1]", async () => {
  using folder = temporaryFolder();
  const { gateway: service } = readServices("single-node", VARIABLES);
  const places = { FLOWGATE_DATA: folder.path, FLOWGATE_RUNTIME_DIR: folder.path };
  const first = await startService("single-node", service!, places);
  await echoes(first.url, VARIABLES.AGENT_KEY);
  const metrics = (token: string) => fetch(new URL("/metrics", first.url), { headers: bearer(token) });
  expect([
    (await metrics(VARIABLES.METRICS_KEY)).status,
    (await metrics(VARIABLES.AGENT_KEY)).status,
  ]).toEqual([200, 404]);
  const client = await connectClient({ url: first.url, headers: bearer(VARIABLES.AGENT_KEY) }, "2026-07-28");
  const { workflowId, approval } = await asks(client);
  await client.close();
  expect(await first.stop(), first.stderr()).toBe(0);

  await using second = await startService("single-node", service!, places);
  expect(await decides(second.url, approval, VARIABLES.AGENT_KEY)).toBe(403);
  expect(await decides(second.url, approval, VARIABLES.MANAGER_KEY)).toBe(200);
  const again = await connectClient({ url: second.url, headers: bearer(VARIABLES.AGENT_KEY) }, "2026-07-28");
  expect(await stateOf(again, workflowId)).toBe("released");
  await again.close();
  const verified = await runGateway(
    [
      "audit",
      "verify",
      "-c",
      composeFile("single-node", "gateway.yaml"),
      "-c",
      composeFile("catalogue.yaml", ""),
    ],
    { env: { ...VARIABLES, ...places } },
  );
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
});

test("shared-database: another gateway goes on where a killed one was [R-COMPOSE-1]", async () => {
  const { gateway: service } = readServices("shared-database", VARIABLES);
  const places = await database(service!);
  const first = await startService("shared-database", service!, places);
  const client = await connectClient({ url: first.url, headers: bearer(VARIABLES.AGENT_KEY) }, "2026-07-28");
  const { workflowId, approval } = await asks(client);
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;
  await client.close().catch(() => undefined);

  await using second = await startService("shared-database", service!, places);
  expect(await decides(second.url, approval, VARIABLES.MANAGER_KEY)).toBe(200);
  const again = await connectClient({ url: second.url, headers: bearer(VARIABLES.AGENT_KEY) }, "2026-07-28");
  expect(await stateOf(again, workflowId)).toBe("released");
  await again.close();
});

test("replicas: nginx with the file of the topology spreads calls, and passes by a replica that is gone [R-COMPOSE-1]", async (context) => {
  const nginx = findNginx();
  if (nginx === undefined) return context.skip("there is no nginx here, and none could be installed");
  using folder = temporaryFolder();
  const services = readServices("replicas", VARIABLES);
  const gateways = Object.entries(services).filter(([, service]) => isGateway(service));
  expect(gateways.map(([name]) => name)).toEqual(["gateway-1", "gateway-2", "gateway-3"]);
  const places = await database(gateways[0]![1]);
  const replicas = await Promise.all(
    gateways.map(([, service]) => startService("replicas", service, places)),
  );
  const port = await freePort();
  const conf = gateways.reduce(
    (text, [name], index) =>
      text.replace(`server ${name}:8787`, `server ${new URL(replicas[index]!.url).host}`),
    readFileSync(composeFile("replicas", "nginx.conf"), "utf8")
      .replace("listen 8080", `listen 127.0.0.1:${port}`)
      .replaceAll("/tmp/", `${folder.path}/`),
  );
  expect(conf).not.toContain("gateway-");
  const file = join(folder.path, "nginx.conf");
  writeFileSync(file, conf);
  {
    await using balancer = await runNginx(nginx, file, port);
    const url = `${balancer.url}/mcp`;
    for (let turn = 0; turn < 6; turn += 1) await echoes(url, VARIABLES.AGENT_KEY);
    const client = await connectClient({ url, headers: bearer(VARIABLES.AGENT_KEY) }, "2026-07-28");
    const { workflowId, approval } = await asks(client);
    const ended = exitOf(replicas[0]!.child);
    replicas[0]!.child.kill("SIGKILL");
    await ended;
    expect(await decides(url, approval, VARIABLES.MANAGER_KEY)).toBe(200);
    for (let turn = 0; turn < 6; turn += 1) expect(await stateOf(client, workflowId)).toBe("released");
    await client.close();
  }
  for (const replica of replicas.slice(1)) expect(await replica.stop(), replica.stderr()).toBe(0);
});

test("multi-tenant: tokens of an OpenID provider decide who sees and who decides [R-COMPOSE-1]", async () => {
  await using issuer = await startOpenIdProvider(
    {
      "agent@acme": { tid: "acme", groups: [] },
      "ann@acme": { tid: "acme", groups: ["release-manager"], actor_kind: "human" },
      "eve@globex": { tid: "globex", groups: ["release-manager"], actor_kind: "human" },
    },
    VARIABLES.AUDIENCE,
  );
  const { gateway: service } = readServices("multi-tenant", { ...VARIABLES, ISSUER: issuer.issuer });
  await using gateway = await startService("multi-tenant", service!, await database(service!));
  const as = async (who: string): Promise<TestClient> =>
    connectClient({ url: gateway.url, headers: bearer(await issuer.token(who)) }, "2026-07-28");
  const agent = await as("agent@acme");
  const { workflowId, approval } = await asks(agent);
  const stranger = await as("eve@globex");
  expect((await stranger.call("workflow.get", { workflowId })).body.error.code).toBe("UNKNOWN_WORKFLOW");
  expect(await decides(gateway.url, approval, await issuer.token("eve@globex"))).toBe(404);
  expect(await decides(gateway.url, approval, await issuer.token("ann@acme"))).toBe(200);
  expect(await stateOf(agent, workflowId)).toBe("released");
  for (const client of [agent, stranger]) await client.close();
  expect((await fetch(gateway.url, { method: "POST", headers: bearer("no.such.token") })).status).toBe(401);
});
