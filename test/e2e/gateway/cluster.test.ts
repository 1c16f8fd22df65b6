import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startPostgres, startRedis, type PostgresServer } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive } from "../harness/is-alive.ts";
import { checkEvent } from "../harness/audit-schema.ts";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const SERVER = join(import.meta.dirname, "../harness/pid-server.mjs");

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const configOf = (cluster: string, rest = ""): string => `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}", poolSize: 4 }
audit: { sinks: [{ kind: postgres }] }
${cluster}
server: { admin: { listen: "127.0.0.1:9", inline: true } }
identity:
  kind: apiKeys
  keys: [{ id: olga, key: "\${KEY}", subject: olga, permissions: ["gateway.*", "workflow.*"] }]
connections:
  pid: { kind: mcp, command: "${process.execPath}", args: ["${SERVER}"] }
  node: { kind: cli, command: node }
proxy:
  import: [{ connection: pid, prefix: pid }]
workflows:
  hang:
    initialState: open
    initialContext: {}
    inputSchema: { type: object, properties: { file: { type: string } } }
    states:
      open:
        transitions:
          run:
            target: done
            executor:
              kind: cli
              connection: node
              args: ["-e", "require('fs').writeFileSync(process.argv[1], String(process.pid)); setTimeout(() => {}, 60000)", $.workflow.input.file]
      done: { terminal: true }
${rest}
`;

const KEY = "olgas-key-of-some-length";

interface Replica {
  readonly folder: string;
  readonly file: string;
  readonly gateway: GatewayProcess;
  readonly client: TestClient;
  admin(method: string, path: string): Promise<{ readonly status: number; readonly body: any }>;
  stop(): Promise<void>;
}

async function startReplica(database: string, folder: string, yaml: string, env = {}): Promise<Replica> {
  const file = writeConfig(folder, yaml);
  const gateway = await startHttpGateway(file, {
    env: { DATABASE_URL: database, KEY, FLOWGATE_RUNTIME_DIR: folder, ...env },
  });
  const headers = { authorization: `Bearer ${KEY}` };
  const client = await connectClient({ url: gateway.url, headers }, "2026-07-28");
  return {
    folder,
    file,
    gateway,
    client,
    async admin(method, path) {
      const response = await fetch(new URL(path, gateway.url), { method, headers });
      return { status: response.status, body: await response.json() };
    },
    async stop() {
      await client.close();
      expect(await gateway.stop()).toBe(0);
    },
  };
}

/** Begins an effect at one replica, cancels at the other, and waits for the effect's process to be gone. */
async function cancelAcross(one: Replica, two: Replica, turn: string): Promise<void> {
  const file = join(one.folder, `pid-${turn}`);
  const { body } = await one.client.call("workflow.start", { definitionId: "hang", input: { file } });
  const submitted = one.client.call("workflow.submit", {
    workflowId: body.workflow.id,
    expectedVersion: body.workflow.version,
    transition: "run",
  });
  const pid = await waitFor(() =>
    existsSync(file) && readFileSync(file, "utf8") !== "" ? Number(readFileSync(file, "utf8")) : undefined,
  );
  const response = await fetch(new URL(`/admin/workflows/${body.workflow.id}/cancel`, two.gateway.url), {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ reason: "ordered twice" }),
  });
  expect(response.status).toBe(200);
  await waitFor(() => (isAlive(pid) ? undefined : true));
  // What had begun and may not happen twice is for a person to find out about.
  expect((await submitted).body.error.code).toBe("OUTCOME_UNKNOWN");
  const seen = await two.client.call("workflow.get", { workflowId: body.workflow.id });
  expect(seen.body.result.status).toBe("outcome_unknown");
}

test("a cancellation at one replica stops the effect at another, also while the bus is away [R-REPLICAS-5] [R-BUS-2]", async () => {
  using here = temporaryFolder();
  using there = temporaryFolder();
  const redis = await startRedis();
  try {
    const database = await server.createDatabase();
    const yaml = configOf('cluster: { bus: redis, url: "${BUS_URL}" }');
    const env = { BUS_URL: redis.url };
    const [one, two] = await Promise.all([
      startReplica(database, here.path, yaml, env),
      startReplica(database, there.path, yaml, env),
    ]);
    const ready = async (): Promise<unknown> => (await two.admin("GET", "/ready")).body;
    await waitFor(async () => (JSON.stringify(await ready()).includes("bus") ? undefined : true));
    await cancelAcross(one, two, "bus");

    await redis.halt();
    await waitFor(async () => (JSON.stringify(await ready()).includes("bus") ? true : undefined));
    expect(await ready()).toEqual({ status: "ready", failing: [], degraded: ["bus"] });
    const metrics = await fetch(new URL("/metrics", two.gateway.url), {
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(await metrics.text()).toMatch(/flowgate_degraded\{[^}]*check="bus"[^}]*\} 1/);
    expect((await two.admin("GET", "/stats")).body.bus).toMatchObject({ kind: "redis", up: false });
    await cancelAcross(one, two, "away");

    await redis.resume();
    await waitFor(async () => (JSON.stringify(await ready()).includes("bus") ? undefined : true));
    await one.stop();
    await two.stop();
    expect(one.gateway.stderr() + two.gateway.stderr()).not.toContain("let%2Fme");
  } finally {
    await redis.stop();
  }
});

test("a reload at one replica reaches all; a bad file changes nothing where it is and is told of everywhere [R-REPLICAS-6]", async () => {
  using here = temporaryFolder();
  using there = temporaryFolder();
  const database = await server.createDatabase();
  const [one, two] = await Promise.all([
    startReplica(database, here.path, configOf("")),
    startReplica(database, there.path, configOf("")),
  ]);
  const replicas = async (at: Replica): Promise<any[]> => (await at.admin("GET", "/stats")).body.replicas;
  const config = async (at: Replica): Promise<string> => (await at.admin("GET", "/stats")).body.config;
  await waitFor(async () =>
    (await replicas(one)).filter((seen) => seen.config !== undefined).length === 2 ? true : undefined,
  );
  const first = await config(one);
  expect(await config(two)).toBe(first);

  const next = configOf("", "  added: { initialState: a, states: { a: { terminal: true } } }");
  writeConfig(here.path, next);
  writeConfig(there.path, next);
  one.gateway.child.kill("SIGHUP");
  await waitFor(async () => ((await config(two)) !== first ? true : undefined));
  expect(await config(two)).toBe(await config(one));
  expect((await two.client.call("workflow.start", { definitionId: "added" })).isError).toBe(false);

  // One of them gets a file that cannot be used.
  const last = configOf("", "  last: { initialState: a, states: { a: { terminal: true } } }");
  writeConfig(here.path, last);
  appendFileSync(two.file, "nonsense: [\n");
  const asked = await runGateway(["reload", "-c", one.file, "--json"], {
    env: { FLOWGATE_RUNTIME_DIR: here.path },
  });
  expect(asked.code, asked.stderr).toBe(0);
  const told = await waitFor(async () => {
    const seen = await replicas(one);
    return seen.some(({ problem }) => problem !== undefined) ? seen : undefined;
  });
  expect(told.map(({ self, problem }) => [self, problem ?? "none"]).sort()).toEqual([
    [false, expect.stringMatching(/has \d+ errors?$/)],
    [true, "none"],
  ]);
  expect(new Set(told.map((seen) => seen.config)).size).toBe(2);
  await waitFor(() =>
    /a replica did not take the configuration over/.test(one.gateway.stderr()) ? true : undefined,
  );
  expect((await two.client.call("workflow.start", { definitionId: "added" })).isError).toBe(false);
  const metrics = await fetch(new URL("/metrics", two.gateway.url), {
    headers: { authorization: `Bearer ${KEY}` },
  });
  const text = await metrics.text();
  expect(text).toMatch(/flowgate_config_reload_failing\S* 1/);
  expect(text).toMatch(/flowgate_replica_configs\S* 2/);

  // Mended, it follows by itself.
  writeConfig(there.path, last);
  await waitFor(async () => ((await config(two)) === (await config(one)) ? true : undefined));
  expect((await two.client.call("workflow.start", { definitionId: "last" })).isError).toBe(false);
  await waitFor(async () =>
    (await replicas(one)).every(({ problem }) => problem === undefined) ? true : undefined,
  );
  await one.stop();
  await two.stop();
});

test("a server is stopped, started and restarted at all replicas at once, and stays stopped over a restart [R-REPLICAS-7]", async () => {
  using here = temporaryFolder();
  using there = temporaryFolder();
  using third = temporaryFolder();
  const database = await server.createDatabase();
  const [one, two] = await Promise.all([
    startReplica(database, here.path, configOf("")),
    startReplica(database, there.path, configOf("")),
  ]);
  const call = (at: Replica): Promise<any> => at.client.call("workflow.start", { definitionId: "pid.pid" });
  const pidAt = async (at: Replica): Promise<string> => {
    const { body } = await call(at);
    expect(body.error, JSON.stringify(body)).toBeUndefined();
    return body.result.output.text ?? JSON.stringify(body.result);
  };
  const before = await pidAt(two);

  expect((await one.admin("POST", "/servers/pid/restart")).status).toBe(200);
  await waitFor(async () => ((await pidAt(two)) === before ? undefined : true));

  expect((await one.admin("POST", "/servers/pid/stop")).body).toMatchObject({ name: "pid", stopped: true });
  const refused = await waitFor(async () => {
    const answer = await call(two);
    return answer.isError ? answer.body : undefined;
  });
  expect(refused.error).toMatchObject({
    code: "EXECUTOR_FAILED",
    errorClass: "permanent",
    details: [{ code: "SERVER_STOPPED" }],
  });
  expect((await two.admin("POST", "/servers/pid/restart")).status).toBe(409);
  expect((await two.admin("POST", "/servers/none/stop")).status).toBe(404);

  const late = await startReplica(database, third.path, configOf(""));
  expect((await late.admin("GET", "/servers/pid")).body).toMatchObject({ stopped: true });
  expect((await call(late)).isError).toBe(true);

  const started = await runGateway(["servers", "start", "pid", "-c", two.file], {
    env: { FLOWGATE_RUNTIME_DIR: there.path },
  });
  expect(started.code, started.stderr).toBe(0);
  for (const at of [one, two, late]) await waitFor(async () => ((await call(at)).isError ? undefined : true));
  const listed = await runGateway(["servers", "list", "-c", two.file, "--json"], {
    env: { FLOWGATE_RUNTIME_DIR: there.path },
  });
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: "pid", state: "ready" }, { name: "node" }]);
  const trail = await runGateway(
    ["audit", "query", "-c", two.file, "--type", "connection.operated", "--store", "--json"],
    {
      env: { DATABASE_URL: database, KEY },
    },
  );
  expect(trail.code, trail.stderr).toBe(0);
  expect(JSON.parse(trail.stdout).items.flatMap(checkEvent)).toEqual([]);
  for (const action of ["restart", "stop", "start"])
    expect(trail.stdout).toMatch(new RegExp(`"action": ?"${action}"`));
  expect(trail.stdout).toMatch(/"subject": ?"olga"/);
  for (const at of [one, two, late]) await at.stop();
});
