import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const TELLING = fileURLToPath(new URL("../harness/telling-server.mjs", import.meta.url));
const CANARIES = {
  CLI_SECRET: "canary-cli-4f1b77e2a9",
  HTTP_SECRET: "canary-http-93ac05d1be",
  MCP_SECRET: "canary-mcp-6620fd7c4e",
  INNER_SECRET: "canary-inner-d80a113f5b",
  FEDERATION_SECRET: "canary-federation-2b7e41c9d6",
};
const OPERATOR = "operator-key-of-the-secrets-test";

/** What each kind of executor is made to do with its secret, and how the call ends: `flood` is too large for a row. */
const ENDS = {
  tell: "completed",
  refuse: "EXECUTOR_FAILED",
  hang: "OUTCOME_UNKNOWN",
  die: "OUTCOME_UNKNOWN",
  flood: "completed",
  park: "OUTPUT_SCHEMA_VIOLATION",
} as const;
type Way = keyof typeof ENDS;
const WAYS = Object.keys(ENDS) as readonly Way[];

const folder = temporaryFolder();
const api = createServer((request, response) => {
  const how = new URL(request.url ?? "", "http://x").pathname.slice(1);
  request.resume();
  if (how === "die") return void request.socket.destroy();
  if (how === "hang") return;
  const seen = { secret: request.headers["x-api-key"], rest: how === "flood" ? "x".repeat(1_500_000) : "" };
  response.writeHead(how === "refuse" ? 400 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(seen));
});

beforeAll(() => new Promise<void>((listening) => void api.listen(0, "127.0.0.1", listening)));
afterAll(() => {
  api.closeAllConnections();
  api.close();
  folder[Symbol.dispose]();
});

test("whatever the other side repeats, and however a call ends, no secret is in an answer, a record, a log, a metric, a context or the store (W16) [R-SECRET-2]", async () => {
  const env = { ...CANARIES, OPERATOR_KEY: OPERATOR, FLOWGATE_RUNTIME_DIR: folder.path };
  await using inner = await startHttpGateway(innerConfig(), { env });
  const config = outerConfig(inner.url);
  const gateway = await startHttpGateway(config, { env });
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const client = await connectClient({ url: gateway.url, headers }, "2026-07-28");
  const said: string[] = [];
  const call = async (tool: string, args: Record<string, unknown>): Promise<any> => {
    const { body } = await client.call(tool as "workflow.get", args as never);
    said.push(`${tool} ${JSON.stringify(args)} ${JSON.stringify(body)}`);
    return body;
  };
  const names = ["cli", "http", "mcp"].flatMap((kind) => WAYS.map((way) => `${kind}.${way}`));
  const ends = new Map<string, string>();
  let asking = "";
  let approval = "";
  const begin = async (definitionId: string): Promise<void> => {
    const started = await call("workflow.start", { definitionId });
    ends.set(definitionId, started.error?.code ?? started.result.status);
    if (definitionId === "asks") {
      asking = started.workflow.id;
      approval = started.approvals[0].id;
    }
    for (const tool of ["workflow.get", "workflow.explain"])
      await call(tool, { workflowId: started.workflow.id });
  };
  // One server tells all that goes over MCP, and is gone with a call that kills it.
  const overMcp = async (): Promise<void> => {
    for (const way of WAYS) await begin(`mcp.${way}`);
  };
  const others = names.filter((name) => !name.startsWith("mcp."));
  const more = ["hr.cli.tell", "hr.cli.refuse", "keeps", "misses", "asks"];
  await Promise.all([overMcp(), ...[...others, ...more].map(begin)]);
  expect(Object.fromEntries(ends)).toEqual({
    ...Object.fromEntries(names.map((name) => [name, ENDS[name.split(".")[1] as Way]])),
    "hr.cli.tell": "completed",
    "hr.cli.refuse": "EXECUTOR_FAILED",
    keeps: "completed",
    misses: "EXECUTOR_FAILED",
    asks: "pending",
  });
  await runGateway(["approvals", "approve", approval, "-c", config, "--as", "ann"], { env });
  await waitFor(async () =>
    (await call("workflow.get", { workflowId: asking })).result.status === "pending" ? undefined : true,
  );
  expect((await call("workflow.get", { workflowId: asking })).result.status).toBe("completed");
  for (const path of ["/metrics", "/admin/config", "/admin/workflows", "/admin/approvals", "/admin/audit"]) {
    const response = await fetch(new URL(path, gateway.url), { headers });
    expect(response.status, path).toBe(200);
    said.push(`${path} ${await response.text()}`);
  }
  for (const command of [
    ["workflows", "list"],
    ["approvals", "list"],
    ["audit", "export"],
    ["audit", "export", "--store"],
  ]) {
    const { stdout, stderr, code } = await runGateway([...command, "-c", config], { env });
    expect(code, stderr).toBe(0);
    said.push(`${command.join(" ")} ${stdout} ${stderr}`);
  }
  await client.close();
  expect(await gateway.stop()).toBe(0);
  said.push(`the log ${gateway.stderr()}`);
  for (const file of ["data", "."].flatMap((name) => filesIn(join(folder.path, name))))
    if (!file.endsWith(".yaml")) said.push(`${file} ${readFileSync(file, "latin1")}`);
  expect(said.filter((text) => text.includes(".sqlite")).length).toBeGreaterThan(0);
  expect(said.flatMap(leaksIn)).toEqual([]);
});

/** Every canary that a text has, as it is or in base64, with what stands before it. */
function leaksIn(text: string): readonly string[] {
  return Object.values(CANARIES).flatMap((canary) =>
    [canary, Buffer.from(canary).toString("base64").slice(0, -4)].flatMap((form) => {
      const at = text.indexOf(form);
      return at < 0 ? [] : [`${text.slice(0, 60)} … ${text.slice(Math.max(0, at - 80), at + form.length)}`];
    }),
  );
}

function filesIn(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(path, name));
}

function cliOf(way: Way): string {
  const end = {
    tell: "",
    refuse: "process.exitCode = 3",
    hang: "setTimeout(() => {}, 60000)",
    die: "process.kill(process.pid, 'SIGKILL')",
    flood: "console.log('x'.repeat(1500000))",
    park: "",
  }[way];
  return JSON.stringify(["-e", `console.log(process.env.TOKEN); console.error(process.env.TOKEN); ${end}`]);
}

/** A gateway behind the gateway, whose own command tells its own secret. */
function innerConfig(): string {
  return writeConfig(
    folder.path,
    `version: "1.0.0"
identity: { kind: apiKeys, keys: [{ id: outer, key: "\${FEDERATION_SECRET}", subject: outer, roles: [] }] }
connections: { node: { kind: cli, command: node, env: { TOKEN: "\${INNER_SECRET}" } } }
proxy:
  expose:
${(["tell", "refuse"] as const).map((way) => `    - { name: cli.${way}, executor: { kind: cli, connection: node, args: ${cliOf(way)} } }`).join("\n")}
`,
    "inner.yaml",
  );
}

function outerConfig(inner: string): string {
  const more = (way: string): string =>
    `${way === "park" ? ", outputSchema: { type: object, required: [nothing] }" : ""}${way === "hang" ? ", reliability: { timeoutMs: 400 }" : ""}`;
  const exposed = WAYS.flatMap((way) => [
    `{ name: cli.${way}, executor: { kind: cli, connection: node, maxOutputBytes: 3MiB, args: ${cliOf(way)} }${more(way)} }`,
    `{ name: http.${way}, executor: { kind: http, connection: api, method: POST, path: /${way}, maxResponseBytes: 3MiB }${more(way)} }`,
    `{ name: mcp.${way}, executor: { kind: mcp, connection: telling, tool: tell, map: { how: ${way} } }${more(way)} }`,
  ]);
  return writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: data/flowgate.sqlite }
server: { admin: { listen: "127.0.0.1:9", inline: true } }
identity:
  kind: apiKeys
  keys: [{ id: operator, key: "\${OPERATOR_KEY}", subject: operator, permissions: ["gateway.*", "workflow.*"] }]
connections:
  node: { kind: cli, command: node, env: { TOKEN: "\${CLI_SECRET}" } }
  api: { kind: http, baseUrl: "http://127.0.0.1:${(api.address() as AddressInfo).port}", headers: { X-Api-Key: "\${HTTP_SECRET}" } }
  telling: { kind: mcp, command: node, args: ["${TELLING}"], env: { TOKEN: "\${MCP_SECRET}" } }
  hr: { kind: mcp, url: "${inner}", auth: { kind: bearer, token: "\${FEDERATION_SECRET}" } }
proxy:
  import: [{ connection: hr, prefix: hr }]
  expose:
${exposed.map((one) => `    - ${one}`).join("\n")}
workflows:
  child:
    initialState: begin
    initialContext: { seen: null }
    states:
      begin: { transitions: { tell: { target: end, actor: deterministic, executor: { kind: http, connection: api, method: POST, path: /tell }, output: { seen: $.output } } } }
      end: { terminal: true }
  keeps:
    initialState: begin
    initialContext: { seen: null }
    states:
      begin: { transitions: { tell: { target: end, actor: deterministic, executor: { kind: workflow, definitionId: child }, output: { seen: $.output } } } }
      end: { terminal: true }
  asks:
    initialState: begin
    initialContext: { seen: null }
    states:
      begin: { transitions: { tell: { target: told, actor: deterministic, executor: { kind: http, connection: api, method: POST, path: /tell }, output: { seen: $.output.body.secret } } } }
      told:
        transitions:
          ask:
            target: end
            actor: deterministic
            executor:
              kind: human
              queue: desk
              title: "Seen: {{ $.context.seen }}"
              form: { type: object, properties: { seen: { type: string } } }
              onApprove: { executor: { kind: cli, connection: node, args: ${cliOf("tell")} } }
      end: { terminal: true }
  misses:
    initialState: begin
    initialContext: { seen: null }
    states:
      begin: { transitions: { tell: { target: end, actor: deterministic, executor: { kind: http, connection: api, method: POST, path: /tell }, output: { seen: $.output.body.missing.deeper } } } }
      end: { terminal: true }
audit: { sinks: [{ kind: file, path: audit.jsonl }, { kind: sqlite }] }
telemetry: { logs: { level: debug } }
`,
  );
}
