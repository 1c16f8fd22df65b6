import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const metaServer = join(import.meta.dirname, "../harness/meta-server.mjs");
const SECRET = "only-this-test-knows-it";

/** An HTTP API on loopback whose token endpoint takes one secret. */
async function startApi(): Promise<{ readonly port: number; readonly asked: string[] } & Disposable> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const basic = `Basic ${Buffer.from(`gateway:${SECRET}`).toString("base64")}`;
    const granted = request.headers.authorization === basic;
    response.writeHead(granted ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(granted ? { access_token: "t", token_type: "Bearer", expires_in: 60 } : {}));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { port, asked, [Symbol.dispose]: () => void server.close() };
}

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly place: { readonly line: number };
  readonly pointer: string;
}

test("check --deep names everything that would not work, with its place, and no value [R-CHECK-2]", async () => {
  using folder = temporaryFolder();
  using api = await startApi();
  writeFileSync(join(folder.path, "file"), "not a store");
  const yaml = `version: "1.0.0"
connections:
  dead: { kind: http, baseUrl: "http://127.0.0.1:1" }
  refused:
    kind: http
    baseUrl: "http://127.0.0.1:${api.port}"
    auth: { kind: oauth2ClientCredentials, tokenUrl: "http://127.0.0.1:${api.port}/token", clientId: gateway, clientSecret: "\${WRONG}" }
  gone: { kind: cli, command: no-such-program }
  meta: { kind: mcp, command: node, args: [${JSON.stringify(metaServer)}] }
  remote: { kind: mcp, url: "http://127.0.0.1:1/mcp" }
workflows:
  ask:
    initialState: open
    states:
      open: { transitions: { go: { target: done, executor: { kind: mcp, connection: meta, tool: metta } } } }
      done: { terminal: true }
proxy:
  expose:
    - { name: a.dead, executor: { kind: http, connection: dead, path: / } }
    - { name: a.refused, executor: { kind: http, connection: refused, path: / } }
    - { name: a.gone, executor: { kind: cli, connection: gone } }
  import: [{ connection: remote }]
store: { kind: sqlite, path: file }
audit: { sink: file, path: file/audit.jsonl }
identity: [{ kind: anonymous }, { kind: jwt, issuer: "http://127.0.0.1:1", audience: flowgate }]
telemetry: { traces: { otlp: "http://127.0.0.1:1/v1/traces" } }
server: { transport: http, http: { listen: "127.0.0.1:${api.port}" } }
`;
  const file = writeConfig(folder.path, yaml);
  const env = { WRONG: `${SECRET}-not` };
  const { code, stdout, stderr } = await runGateway(["check", "--deep", "-c", file, "--json"], { env });
  expect([code, stderr]).toEqual([1, ""]);
  expect(stdout).not.toContain(SECRET);
  const { configs, origins } = JSON.parse(stdout) as {
    readonly configs: readonly { readonly ok: boolean; readonly diagnostics: readonly Found[] }[];
    readonly origins: unknown;
  };
  expect(origins).toEqual([{ kind: "variable", name: "WRONG" }]);
  expect(configs[0]?.ok).toBe(false);
  const tried = configs[0]?.diagnostics.filter(({ code: name }) => name.startsWith("FG7")) ?? [];
  const lines = yaml.split("\n");
  expect(
    tried
      .map(
        ({ code: name, severity, pointer, place }) =>
          `${name} ${severity} ${pointer} ${lines[place.line - 1]?.trim().split(/[ :]/)[0]}`,
      )
      .sort(),
  ).toEqual([
    "FG701 error /connections/dead dead",
    "FG701 error /connections/refused refused",
    "FG701 error /connections/remote remote",
    "FG702 error /workflows/ask/states/open/transitions/go/executor open",
    "FG703 error /connections/gone gone",
    "FG704 error /store store",
    "FG705 error /audit audit",
    "FG706 error /server/http server",
    "FG707 error /identity identity",
    "FG709 warning /telemetry/traces telemetry",
  ]);
  expect(tried.find(({ code: name }) => name === "FG702")?.message).toBe(
    'connection "meta": it has no tool "metta"; did you mean "meta"?',
  );
  expect(readdirSync(folder.path).sort()).toEqual(["file", "gateway.yaml"]);

  const open = await runGateway(["check", "--deep", "--listen", "0.0.0.0:0", "--quiet", file], {
    env: { ...env, NO_COLOR: "1" },
  });
  expect(open.stdout).not.toContain("FG706");
  expect(open.stdout).not.toContain(SECRET);
});

test("check --deep tells what a start would refuse, and takes warnings for failures when told to [R-CHECK-2]", async () => {
  using folder = temporaryFolder();
  const file = writeConfig(
    folder.path,
    'version: "1.0.0"\nproxy: { expose: [{ name: hello.echo }] }\ntelemetry: { traces: { otlp: "http://127.0.0.1:1/v1/traces" } }\n',
  );
  const deep = (...args: string[]) => runGateway(["check", "--deep", file, ...args]);
  const [plain, strict, open] = await Promise.all([deep(), deep("--strict"), deep("--listen", "0.0.0.0:0")]);
  expect([plain.code, strict.code, open.code]).toEqual([0, 1, 1]);
  expect(open.stdout).toContain("FG708");
});

test("what passes check --deep starts, and checking leaves nothing behind [R-CHECK-2]", async () => {
  using folder = temporaryFolder();
  using api = await startApi();
  writeFileSync(join(folder.path, "secret"), `${SECRET}\n`);
  const file = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  api:
    kind: http
    baseUrl: "http://127.0.0.1:${api.port}"
    auth: { kind: oauth2ClientCredentials, tokenUrl: "http://127.0.0.1:${api.port}/token", clientId: gateway, clientSecret: "\${file:secret}" }
  node: { kind: cli, command: node }
  meta: { kind: mcp, command: node, args: [${JSON.stringify(metaServer)}] }
proxy:
  expose:
    - { name: a.api, executor: { kind: http, connection: api, path: / } }
    - { name: a.node, executor: { kind: cli, connection: node, args: [--version] } }
  import: [{ connection: meta, include: [meta] }]
store: { kind: sqlite, path: data/store.sqlite }
audit: { sink: file, path: data/audit.jsonl }
server: { transport: http, http: { listen: "127.0.0.1:0" } }
`,
  );
  const { code, stdout } = await runGateway(["check", "--deep", "-c", file], { env: { NO_COLOR: "1" } });
  expect(code).toBe(0);
  expect(stdout).not.toContain(SECRET);
  for (const line of [
    /^value from the file .*secret$/m,
    /^reached connection "api": it answers, and its token was fetched$/m,
    /^reached connection "node": the command is there$/m,
    /^reached connection "meta": 1 tool$/m,
    /^reached the store: it will be made at the first start$/m,
    /^reached audit sink file: it can be written$/m,
    /^reached the address 127\.0\.0\.1:0: it is free$/m,
  ])
    expect(stdout).toMatch(line);
  expect(api.asked).toEqual(["POST /token"]);
  expect(readdirSync(folder.path).sort()).toEqual(["gateway.yaml", "secret"]);
  await using gateway = await startHttpGateway(file, { env: { FLOWGATE_RUNTIME_DIR: folder.path } });
  expect((await fetch(new URL("/ready", gateway.url))).status).toBe(200);
  const beside = await runGateway(["check", "--deep", "-c", file], { env: { NO_COLOR: "1" } });
  expect(beside.code).toBe(0);
  expect(beside.stdout).toMatch(/^reached the store: it can be opened$/m);
});

test("check --deep opens a PostgreSQL store and makes nothing in it [R-CHECK-2]", async () => {
  using folder = temporaryFolder();
  const file = writeConfig(
    folder.path,
    'version: "1.0.0"\nproxy: { expose: [{ name: hello.echo }] }\nstore: { kind: postgres, url: "${DATABASE_URL}" }\n',
  );
  const url = await createTestDatabase();
  const dead = new URL(url);
  dead.port = "1";
  const check = (DATABASE_URL: string) => runGateway(["check", "--deep", file], { env: { DATABASE_URL } });
  const [first, second, refused] = await Promise.all([check(url), check(url), check(dead.href)]);
  for (const { code, stdout } of [first, second])
    expect([code, stdout.includes("reached the store: it will be made")]).toEqual([0, true]);
  expect([refused.code, refused.stdout.includes("error FG704")]).toEqual([1, true]);
});
