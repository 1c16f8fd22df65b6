import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { findProgram } from "../harness/debian.ts";
import {
  exitOf,
  gatewayBin,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";
import { startOpenIdProvider, type OpenIdProvider } from "../harness/oidc.ts";

/** What `init` writes, served as it is: only variables that it asks for, and addresses of this machine, are added. */
const AUDIENCE = "https://flowgate.example.com/mcp";
let issuer: OpenIdProvider;
beforeAll(async () => {
  issuer = await startOpenIdProvider(
    {
      "dev@acme": { tid: "acme", groups: ["developer", "analyst", "payroll"] },
      "dev@globex": { tid: "globex", groups: ["developer"] },
    },
    AUDIENCE,
  );
});
afterAll(() => issuer[Symbol.asyncDispose]());

async function written(folder: string, template: string): Promise<string> {
  const file = join(folder, "gateway.yaml");
  expect(await runGateway(["init", "--template", template, "-o", file])).toMatchObject({ code: 0 });
  return file;
}

/** The admin listener of a template has a port of its own, which other tests on this machine would want too. */
const anyAdminPort = (folder: string): readonly string[] => [
  "-c",
  writeConfig(
    folder,
    'version: "1.0.0"\nserver: { admin: { listen: "127.0.0.1:0" }, http: { allowedHosts: [127.0.0.1] } }\n',
    "any-port.yaml",
  ),
];

const as = async (gateway: Pick<GatewayProcess, "url">, who: string): Promise<TestClient> =>
  connectClient(
    { url: gateway.url, headers: { authorization: `Bearer ${await issuer.token(who)}` } },
    "2026-07-28",
  );

async function asksForDeployment(
  gateway: Pick<GatewayProcess, "url">,
): Promise<{ readonly workflowId: string; readonly approval: string }> {
  const client = await as(gateway, "dev@acme");
  const started = await client.call("workflow.start", {
    definitionId: "deploy",
    input: { service: "web", version: "1.2.3" },
  });
  const { body } = await client.call("workflow.submit", started.body.links[0].args);
  expect(body.result?.status, JSON.stringify(body)).toBe("pending");
  await client.close();
  return { workflowId: body.workflow.id, approval: body.approvals[0].id };
}

async function approves(
  config: string,
  approval: string,
  env: NodeJS.ProcessEnv,
  more: readonly string[] = [],
): Promise<void> {
  const decided = await runGateway(
    [
      "approvals",
      "approve",
      approval,
      "-c",
      config,
      ...more,
      "--as",
      "ann",
      "--role",
      "release-manager",
      "--tenant",
      "acme",
      "--reason",
      "checked",
    ],
    { env },
  );
  expect(decided.code, decided.stderr).toBe(0);
}

const stateOf = async (
  gateway: Pick<GatewayProcess, "url">,
  who: string,
  workflowId: string,
): Promise<string | undefined> => {
  const client = await as(gateway, who);
  const { body } = await client.call("workflow.get", { workflowId });
  await client.close();
  return body.workflow?.state ?? body.error.code;
};

test("hello: a call and a decision [R-INIT-2]", async () => {
  using folder = temporaryFolder();
  const config = await written(folder.path, "hello");
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  await using gateway = await startHttpGateway(config, { env });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const started = await client.call("workflow.start", { definitionId: "greeting", input: { name: "Ada" } });
  const { links } = started.body;
  const asked = await client.call("workflow.submit", { ...links[0].args, arguments: { text: "Hello Ada" } });
  const decided = await runGateway(
    ["approvals", "approve", asked.body.approvals[0].id, "-c", config, "--as", "ann"],
    { env },
  );
  expect(decided.code, decided.stderr).toBe(0);
  expect(
    (await client.call("workflow.get", { workflowId: asked.body.workflow.id })).body.workflow.state,
  ).toBe("approved");
  await client.close();
});

test("dev: the user's own gateway over stdio, kept over a restart [R-INIT-2]", async () => {
  using folder = temporaryFolder();
  const config = await written(folder.path, "dev");
  // Its MCP servers are fetched by npx, which is not what is tried here.
  const target = { config, env: { FLOWGATE_RUNTIME_DIR: folder.path, npm_config_offline: "true" } };
  const client = await connectClient(target, "2025-11-25");
  const { body } = await client.call("workflow.start", { definitionId: "git.status" });
  expect(body.result.output, JSON.stringify(body)).toMatchObject({ exitCode: 0 });
  await client.close();
  const listed = await runGateway(["workflows", "list", "-c", config, "--json"], { env: target.env });
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: body.workflow.id }]);
});

test("production-sqlite: tokens, a person, a restart, a trail that verifies [R-INIT-2]", async () => {
  using folder = temporaryFolder();
  const config = await written(folder.path, "production-sqlite");
  const env = { FLOWGATE_RUNTIME_DIR: folder.path, ISSUER: issuer.issuer };
  const args = anyAdminPort(folder.path);
  const first = await startHttpGateway(config, { env, args });
  const { workflowId, approval } = await asksForDeployment(first);
  expect(await first.stop(), first.stderr()).toBe(0);
  await using second = await startHttpGateway(config, { env, args });
  await approves(config, approval, env, args);
  expect(await stateOf(second, "dev@acme", workflowId)).toBe("approved");
  for (const more of [[], ["--store"]]) {
    const verified = await runGateway(["audit", "verify", "-c", config, ...more], { env });
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  }
});

test("production-postgres: three replicas, of which one dies, on one database [R-INIT-2]", async () => {
  using folder = temporaryFolder();
  const config = await written(folder.path, "production-postgres");
  const args = anyAdminPort(folder.path);
  const env = {
    ISSUER: issuer.issuer,
    DATABASE_URL: await createTestDatabase(),
    FLOWGATE_RUNTIME_DIR: folder.path,
  };
  const replicas = await Promise.all([1, 2, 3].map(() => startHttpGateway(config, { env, args })));
  const [one, two, three] = replicas as [GatewayProcess, GatewayProcess, GatewayProcess];
  const { workflowId, approval } = await asksForDeployment(one);
  const ended = exitOf(one.child);
  one.child.kill("SIGKILL");
  await ended;
  await approves(config, approval, env, args);
  for (const replica of [two, three]) expect(await stateOf(replica, "dev@acme", workflowId)).toBe("approved");
  for (const replica of [two, three]) expect(await replica.stop(), replica.stderr()).toBe(0);
});

test("multi-tenant: each tenant's records and exports are its own [R-INIT-2]", async () => {
  using folder = temporaryFolder();
  const asked: (string | undefined)[] = [];
  const records = createServer((request: IncomingMessage, response) => {
    asked.push(String(request.headers["x-tenant"]));
    response.setHeader("content-type", "application/json").end('{"name":"Ada"}');
  });
  await new Promise<void>((done) => records.listen(0, "127.0.0.1", done));
  const config = await written(folder.path, "multi-tenant");
  const env = {
    FLOWGATE_RUNTIME_DIR: folder.path,
    ISSUER: issuer.issuer,
    RECORDS_URL: `http://127.0.0.1:${(records.address() as AddressInfo).port}`,
  };
  await using gateway = await startHttpGateway(config, { env });
  const acme = await as(gateway, "dev@acme");
  const read = await acme.call("workflow.start", { definitionId: "records.read", input: { id: "7" } });
  expect([read.body.result.output?.body, asked]).toEqual([{ name: "Ada" }, ["acme"]]);
  const { body } = await acme.call("workflow.start", { definitionId: "export" });
  await acme.close();
  expect(await stateOf(gateway, "dev@acme", body.workflow.id)).toBe("requested");
  expect(await stateOf(gateway, "dev@globex", body.workflow.id)).toBe("UNKNOWN_WORKFLOW");
  const globex = await as(gateway, "dev@globex");
  const refused = await globex.call("workflow.start", { definitionId: "records.read", input: { id: "7" } });
  expect([refused.isError, asked.length]).toEqual([true, 1]);
  await globex.close();
  records.closeAllConnections();
  records.close();
});

test("federated: what a gateway behind offers is run there, and servers that are away take nothing with them [R-INIT-2]", async () => {
  using inner = temporaryFolder();
  using folder = temporaryFolder();
  await using payroll = await startHttpGateway(await written(inner.path, "hello"), {
    env: { FLOWGATE_RUNTIME_DIR: inner.path },
  });
  const config = await written(folder.path, "federated");
  const nowhere = "http://127.0.0.1:9/mcp";
  const env = {
    FLOWGATE_RUNTIME_DIR: folder.path,
    ISSUER: issuer.issuer,
    PAYROLL_GATEWAY_URL: payroll.url,
    GITHUB_MCP_URL: nowhere,
    SEARCH_MCP_URL: nowhere,
    npm_config_offline: "true",
  };
  await using gateway = await startHttpGateway(config, { env });
  const client = await as(gateway, "dev@acme");
  const { body } = await client.call("workflow.start", {
    definitionId: "payroll.hello.echo",
    input: { message: "through two" },
  });
  expect(JSON.stringify(body.result?.output ?? body)).toContain("through two");
  await client.close();
  const stranger = await as(gateway, "dev@globex");
  const refused = await stranger.call("workflow.start", {
    definitionId: "payroll.hello.echo",
    input: { message: "no" },
  });
  expect(refused.isError).toBe(true);
  await stranger.close();
});

test("air-gapped: serves with a key file where there is no network, and tries to reach nobody [R-INIT-3]", async (context) => {
  const isolated = ["unshare", "--net", "--map-root-user"];
  if (spawnSync(isolated[0]!, [...isolated.slice(1), "ip", "link", "set", "lo", "up"]).status !== 0)
    return context.skip("a network of its own cannot be made here");
  const strace = findProgram("strace", ["strace", "-o", "/dev/null", "true"]);
  if (strace === undefined) return context.skip("system calls cannot be traced here");
  using folder = temporaryFolder();
  const config = await written(folder.path, "air-gapped");
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  mkdirSync(join(folder.path, "keys"));
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "ES256", use: "sig" };
  writeFileSync(join(folder.path, "keys/jwks.json"), JSON.stringify({ keys: [jwk] }));
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "https://login.internal",
    aud: AUDIENCE,
    sub: "ann",
    groups: ["operator"],
    iat: now,
    exp: now + 600,
  };
  const signed = `${part({ alg: "ES256", kid: "k1", typ: "JWT" })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  const trace = join(folder.path, "trace");
  const script = `
set -eu
ip link set lo up
gateway() { "$NODE" "$BIN" "$@"; }
"$STRACE" -f -qq -e trace=connect,sendto,sendmsg -o "$TRACE" "$NODE" "$BIN" serve -c "$CONFIG" & traced=$!
until gateway serve --health-check -c "$CONFIG" 2>/dev/null; do kill -0 $traced; done
gateway call --url http://127.0.0.1:8787/mcp workflow.start '{"definitionId":"machine.info"}'
kill -TERM $(ps -o pid= --ppid $traced)
wait $traced
`;
  const { status, stdout, stderr } = spawnSync(isolated[0]!, [...isolated.slice(1), "sh", "-c", script], {
    encoding: "utf8",
    timeout: 100_000,
    env: {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
      NODE: process.execPath,
      BIN: gatewayBin,
      CONFIG: config,
      STRACE: strace,
      TRACE: trace,
      FLOWGATE_TOKEN: `${signed}.${signature.toString("base64url")}`,
      FLOWGATE_RUNTIME_DIR: folder.path,
    },
  });
  expect([status, stdout], stderr).toEqual([0, expect.stringContaining('"status": "completed"')]);
  const reached = [...readFileSync(trace, "utf8").matchAll(/sa_family=(AF_INET6?|AF_NETLINK).*/g)].map(
    ([said]) => said,
  );
  expect(reached).toEqual([]);
});
