import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Gateways on one database each get a folder of their own, as replicas on several machines have. */
const config = (folder: string): string =>
  writeConfig(
    folder,
    `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}", leaseMs: 1000, statementTimeoutMs: 2000, poolSize: 5 }
audit: { sinks: [{ kind: postgres }], onFailure: fail_closed }
connections:
  node: { kind: cli, command: node, workingDirectory: . }
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
          begin: { target: timed }
      timed:
        timeoutMs: 2s
        onTimeout: { target: released }
        transitions: { never: { target: released, guards: [{ kind: permission, permission: never.given }] } }
      released: { terminal: true }
`,
  );

const get = (client: TestClient, body: any) => client.call("workflow.get", { workflowId: body.workflow.id });
const start = async (client: TestClient) =>
  (await client.call("workflow.start", { definitionId: "deploy" })).body;
const submit = (client: TestClient, body: any, transition: string) =>
  client.call("workflow.submit", {
    workflowId: body.workflow.id,
    expectedVersion: body.workflow.version,
    transition,
  });
const reached = (client: TestClient, body: any, state: string) =>
  waitFor(async () => {
    const seen = (await get(client, body)).body;
    return seen.workflow.state === state ? seen : undefined;
  });

/** A replica with a folder of its own, as on a machine of its own. */
const startReplica = async (url: string, folder: string) => {
  const file = config(folder);
  const env = { DATABASE_URL: url, FLOWGATE_RUNTIME_DIR: folder };
  const gateway = await startHttpGateway(file, { env });
  return { file, env, gateway, client: await connectClient({ url: gateway.url }, "2026-07-28") };
};

test("what one replica began another goes on with: decisions, timers, and what a killed one left (F26) [R-REPLICAS-1]", async () => {
  using here = temporaryFolder();
  using there = temporaryFolder();
  const url = await server.createDatabase();
  const [one, two] = await Promise.all([startReplica(url, here.path), startReplica(url, there.path)]);

  const decided = (await submit(one.client, await start(one.client), "release")).body;
  expect(decided.result.status).toBe("pending");
  expect((await get(two.client, decided)).body.workflow.state).toBe("ready");
  const timed = (await submit(one.client, await start(one.client), "begin")).body;
  const cut = await start(one.client);
  const lost = submit(one.client, cut, "slow").catch(() => undefined);
  await waitFor(() => (existsSync(join(here.path, "effects")) ? true : undefined));
  const ended = exitOf(one.gateway.child);
  one.gateway.child.kill("SIGKILL");
  await ended;
  await lost;

  const approval = decided.approvals[0].id;
  const approved = await runGateway(
    ["approvals", "approve", approval, "-c", two.file, "--as", "ann", "--reason", "checked"],
    { env: two.env },
  );
  expect(approved.code, approved.stderr).toBe(0);
  expect((await reached(two.client, decided, "released")).context.said).toContain("released");
  await reached(two.client, timed, "released");
  const unknown = await waitFor(async () => {
    const { body } = await get(two.client, cut);
    return body.result.status === "outcome_unknown" ? body : undefined;
  });
  expect(unknown.error).toMatchObject({ code: "OUTCOME_UNKNOWN", attemptedTransition: "slow" });
  expect(readFileSync(join(here.path, "effects"), "utf8")).toBe("x");
  expect(existsSync(join(there.path, "effects"))).toBe(false);
  await two.client.close();
  expect(await two.gateway.stop()).toBe(0);

  // With no gateway left, the commands open the database themselves.
  const shown = await runGateway(["workflows", "show", decided.workflow.id, "-c", two.file], {
    env: two.env,
  });
  expect(shown.code, shown.stderr).toBe(0);
  expect(shown.stdout).toMatch(/committed\s+submit\s+release/);
  const resolved = await runGateway(
    ["workflows", "resolve-unknown", cut.workflow.id, "-c", two.file].concat([
      "--outcome",
      "executed",
      "--reason",
      "the effects file has it",
      "--json",
    ]),
    { env: two.env },
  );
  expect(resolved.code, resolved.stderr).toBe(0);
});

test("a replica whose database is away says so, and goes on by itself when it is back [R-REPLICAS-2]", async () => {
  using folder = temporaryFolder();
  const { gateway, client } = await startReplica(await server.createDatabase(), folder.path);
  const started = await start(client);
  const ready = async (): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(new URL("/ready", gateway.url));
    return { status: response.status, body: await response.json() };
  };
  // A lease this short can be late for a moment on a busy machine, and then it says so.
  await waitFor(async () => ((await ready()).status === 200 ? true : undefined));
  await server.halt("immediate");
  try {
    expect(await ready()).toMatchObject({ status: 503, body: { status: "not ready", failing: ["store"] } });
    const { body } = await get(client, started);
    expect(body.error.code).toBe("STORE_UNAVAILABLE");
    expect(JSON.stringify(body)).not.toContain("127.0.0.1");
  } finally {
    await server.resume();
  }
  await waitFor(async () => ((await ready()).status === 200 ? true : undefined));
  expect((await submit(client, started, "release")).body.result.status).toBe("pending");
  await client.close();
  expect(await gateway.stop()).toBe(0);
  expect(gateway.stderr()).not.toContain("postgres://");
});

test("a database that cannot be used ends the start with one line that keeps the password [R-BAD-1]", async () => {
  using folder = temporaryFolder();
  const file = config(folder.path);
  const wrong = new URL(server.url());
  wrong.password = "hunter2";
  for (const [url, words] of [
    [wrong.href, "does not let this user in: check user, password and sslmode of store.url"],
    ["postgres://ann:hunter2@127.0.0.1:1/shop", "refuses connections: nothing listens there"],
    ["mysql://ann:hunter2@host/db", "the store's url is not a URL of the form postgres://"],
    [`${server.url()}?sslmode=require`, "does not encrypt"],
  ] as const) {
    const { code, stderr } = await runGateway(["serve", "-c", file, "--listen", "127.0.0.1:0"], {
      env: { DATABASE_URL: url },
    });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("hunter2");
    expect(stderr.trim().split("\n").at(-1)).toMatch(/^mcp-flowgate: .*store/);
  }
});

test("the template production-postgres starts, with a key in place of an authorization server [R-REPLICAS-3]", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "gateway.yaml");
  expect((await runGateway(["init", "--template", "production-postgres", "-o", file])).code).toBe(0);
  const written = readFileSync(file, "utf8");
  const keyed = written.replace(
    /- kind: jwt\n.*\n.*\n.*claims.*\n/,
    '- { kind: apiKeys, keys: [{ id: one, key: "${KEY}", subject: ann, roles: [release-manager, developer] }] }\n',
  );
  expect(keyed).not.toBe(written);
  // The harness reads where it listens from a log for people.
  writeFileSync(file, keyed.replace("format: json", "format: text"));
  const gateway = await startHttpGateway(file, {
    env: {
      DATABASE_URL: await server.createDatabase(),
      FLOWGATE_RUNTIME_DIR: folder.path,
      KEY: "a-key-of-some-length",
    },
  });
  expect((await fetch(new URL("/ready", gateway.url))).status).toBe(200);
  expect(await gateway.stop()).toBe(0);
});

test("at its drain deadline a replica hands its work to the others, long before its lease passes [R-REPLICAS-9]", async () => {
  using here = temporaryFolder();
  using there = temporaryFolder();
  const url = await server.createDatabase();
  const began = join(here.path, "began");
  const script =
    "const fs = require('fs'); if (fs.existsSync(process.argv[1])) process.exit(0); fs.writeFileSync(process.argv[1], ''); setInterval(() => {}, 1000)";
  const startOne = (folder: string) =>
    startHttpGateway(
      writeConfig(
        folder,
        `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}", leaseMs: 10m, poolSize: 5 }
server: { drain: { deadlineMs: 300 } }
connections:
  node: { kind: cli, command: node }
workflows:
  job:
    initialState: ready
    states:
      ready:
        transitions:
          run:
            target: finished
            executor: { kind: cli, connection: node, args: ["-e", "${script}", "${began}"], idempotent: true }
      finished: { terminal: true }
`,
      ),
      { env: { DATABASE_URL: url, FLOWGATE_RUNTIME_DIR: folder } },
    );
  const [one, two] = await Promise.all([startOne(here.path), startOne(there.path)]);
  const [at, other] = await Promise.all(
    [one, two].map((gateway) => connectClient({ url: gateway.url }, "2026-07-28")),
  );
  const cut = (await at!.call("workflow.start", { definitionId: "job" })).body;
  const lost = submit(at!, cut, "run").catch(() => undefined);
  await waitFor(() => (existsSync(began) ? true : undefined));
  expect(await one.stop()).toBe(1);
  expect(one.stderr()).toContain("the drain deadline has passed");
  await reached(other!, cut, "finished");
  await lost;
  await Promise.all([at, other].map((client) => client!.close().catch(() => undefined)));
  expect(await two.stop()).toBe(0);
});
