import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  repository,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const SECRET = "canary-51ab-secret-of-a-connection";
const DUAL = join(repository, "packages/executors/mcp/test/servers/dual-server.mjs");
const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);

/** Notes what it is asked, and answers as the path says. */
interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
const asked: Asked[] = [];
const api = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += String(chunk)));
  request.on("end", () => {
    const url = request.url ?? "";
    const before = asked.filter((one) => one.url === url).length;
    asked.push({ url, headers: request.headers, body });
    if (url.startsWith("/v1/lost")) return void request.socket.destroy();
    if (url === "/v1/busy" && before === 0) response.writeHead(429, { "retry-after": "2" });
    else if (url === "/v1/broken" && before < 2) response.writeHead(503);
    else if (url === "/v1/away") response.writeHead(307, { location: `http://localhost:${port()}/v1/there` });
    else response.setHeader("content-type", "application/json");
    if (url === "/v1/repeats")
      return void response.end(JSON.stringify({ seen: request.headers["x-api-key"] }));
    response.end(JSON.stringify({ text: "{{ $.context }} ${HOME} $.arguments.who <script>" }));
  });
});
const port = (): number => (api.address() as AddressInfo).port;
const of = (path: string): readonly Asked[] => asked.filter(({ url }) => url.startsWith(path));

let gateway: GatewayProcess;
let client: TestClient;

beforeAll(async () => {
  await new Promise<void>((done) => api.listen(0, "127.0.0.1", done));
  const later = (file: string): string =>
    `["-e", "setTimeout(() => require('fs').appendFileSync('${at(file)}', 'x'), 1500)"]`;
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  api: { kind: http, baseUrl: "http://127.0.0.1:${port()}/v1", headers: { X-Api-Key: "\${THE_SECRET}" } }
  tool: { kind: cli, command: node, env: { THE_SECRET: "\${THE_SECRET}" } }
  dual: { kind: mcp, command: node, args: ["${DUAL}"] }
proxy:
  expose:
    - { name: slow, executor: { kind: cli, connection: tool, args: ${later("slow")} }, reliability: { timeoutMs: 300, retry: { maxAttempts: 3, backoff: none, retryOn: [timeout] } } }
    - { name: as.long, executor: { kind: cli, connection: tool, args: ["-e", "setTimeout(() => {}, 1600)"] } }
    - name: with.fallback
      executor: { kind: cli, connection: tool, effect: once, args: ${later("primary")} }
      reliability: { timeoutMs: 300, fallback: { strategy: first_success, executors: [{ kind: cli, connection: tool, args: ["-e", "require('fs').writeFileSync('${at("fallback")}', 'x')"] }] } }
    - { name: lost, executor: { kind: http, connection: api, method: POST, path: /lost }, reliability: { fallback: { strategy: first_success, executors: [{ kind: http, connection: api, method: POST, path: /other }] } } }
    - { name: broken, executor: { kind: http, connection: api, method: POST, path: /broken, idempotencyKey: true }, reliability: { retry: { maxAttempts: 3, backoff: fixed, initialDelayMs: 5 } } }
    - { name: busy, executor: { kind: http, connection: api, path: /busy }, reliability: { retry: { maxAttempts: 2, backoff: fixed, initialDelayMs: 5 } } }
    - { name: fails, executor: { kind: cli, connection: tool, args: ["-e", "console.error('x'.repeat(90000)); console.error('the end', process.env.THE_SECRET); process.exit(3)"] } }
    - { name: environment, executor: { kind: cli, command: node, args: ["-e", "process.stdin.on('data', () => process.exit(9)).on('end', () => console.log(JSON.stringify(Object.keys(process.env))))"] } }
    - { name: argument, executor: { kind: cli, connection: tool, args: ["-p", "JSON.stringify(process.argv.slice(1))", "--", $.arguments.value] } }
    - { name: flood, executor: { kind: cli, connection: tool, maxOutputBytes: 100KiB, args: ["-e", "for (let i = 0; i < 100; i++) process.stdout.write('x'.repeat(1e6))"] } }
    - { name: full, executor: { kind: cli, connection: tool, args: ["-e", "process.stdout.write('x'.repeat(1024 * 1024))"] } }
    - { name: path, executor: { kind: http, connection: api, path: "/repos/{owner}/issues" } }
    - { name: away, executor: { kind: http, connection: api, method: POST, path: /away, body: { a: 1 } } }
    - { name: repeats, executor: { kind: http, connection: api, path: /repeats } }
    - { name: data, executor: { kind: http, connection: api, path: /data } }
    - { name: unresolved.http, executor: { kind: http, connection: api, method: POST, path: /unresolved, body: { a: $.arguments.missing } } }
    - { name: unresolved.cli, executor: { kind: cli, connection: tool, args: ["-e", "require('fs').writeFileSync('${at("unresolved")}', 'x')", $.arguments.missing] } }
    - { name: unresolved.mcp, executor: { kind: mcp, connection: dual, tool: echo, map: { a: 1, b: $.arguments.missing } } }
    - { name: mapped, executor: { kind: mcp, connection: dual, tool: echo, map: { message: $.arguments.say, count: 3, on: true, list: [1, null] } } }
workflows:
  loop:
    initialState: again
    states:
      again:
        transitions:
          charge: { target: again, executor: { kind: http, connection: api, method: POST, path: /charge } }
          file: { target: again, inputSchema: { type: object, properties: { n: { type: integer } } }, executor: { kind: http, connection: api, path: "/of/{owner}" } }
          strict: { target: again, inputSchema: { type: object, additionalProperties: false, properties: { n: { type: integer } } } }
    initialContext: { owner: ours }
store: { kind: sqlite, path: ./flowgate.sqlite }
`,
  );
  gateway = await startHttpGateway(config, { env: { THE_SECRET: SECRET, UNLISTED: "not for children" } });
  client = await connectClient({ url: gateway.url }, "2026-07-28");
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  api.closeAllConnections();
  api.close();
  folder[Symbol.dispose]();
});

const start = async (definitionId: string, input: object = {}): Promise<any> =>
  (await client.call("workflow.start", { definitionId, input: input as never })).body;

test("each effect has a key of its own, and its attempts share it (F29)", async () => {
  let { workflow } = await start("loop");
  for (let turn = 0; turn < 3; turn++) {
    const args = { workflowId: workflow.id, expectedVersion: workflow.version, transition: "charge" };
    ({ workflow } = (await client.call("workflow.submit", args)).body);
  }
  expect(new Set(of("/v1/charge").map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
  expect((await start("broken")).result.status).toBe("completed");
  expect(of("/v1/broken")).toHaveLength(3);
  expect(new Set(of("/v1/broken").map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
});

test("a command that takes too long is ended before another attempt, and has no effect afterwards (F30)", async () => {
  expect((await start("slow")).error).toBeDefined();
  const unknown = await start("with.fallback");
  expect(unknown.result.status).toBe("outcome_unknown");
  // Whatever was left running would have written by the time that this one has.
  await start("as.long");
  expect([at("slow"), at("primary")].filter(existsSync)).toEqual([]);
});

test("after an outcome that is unknown there is no fallback and no repetition (F31, F33)", async () => {
  expect(existsSync(at("fallback"))).toBe(false);
  expect((await start("lost")).result.status).toBe("outcome_unknown");
  expect(of("/v1/lost")).toHaveLength(1);
  expect(of("/v1/other")).toEqual([]);
});

test("a wait that the other side asks for is a pending answer, not a held call (F32)", async () => {
  const pending = await start("busy");
  expect(pending.result).toMatchObject({ status: "pending" });
  expect(of("/v1/busy")).toHaveLength(1);
  await waitFor(async () => {
    const { body } = await client.call("workflow.get", { workflowId: pending.workflow.id });
    return body.result.status === "completed" ? true : undefined;
  });
  expect(of("/v1/busy")).toHaveLength(2);
});

test("a command that fails tells its code and the end of its output, without secrets (F37)", async () => {
  const { error } = await start("fails");
  expect(error.message).toContain("3");
  expect(JSON.stringify(error)).toContain("the end");
  expect(JSON.stringify(error).length).toBeLessThan(20_000);
  const all =
    JSON.stringify((await client.call("gateway.home")).body) + JSON.stringify(error) + gateway.stderr();
  expect(all).not.toContain(SECRET);
});

test("a map goes whole or not at all, and nothing without a value is sent (F45, F46)", async () => {
  const { result } = await start("mapped", { say: "hello" });
  expect(JSON.stringify(result.output)).toMatch(/hello/);
  for (const kind of ["http", "cli", "mcp"]) {
    const { error } = await start(`unresolved.${kind}`);
    expect(error.code, kind).toBe("INPUT_SCHEMA_VIOLATION");
  }
  expect(of("/v1/unresolved")).toEqual([]);
  expect(existsSync(at("unresolved"))).toBe(false);
});

test("what a link advertises is what is taken, and nobody's argument stands before the context (F47)", async () => {
  const { workflow, links } = await start("loop");
  const link = (rel: string): any => links.find((one: any) => one.rel === rel);
  expect(link("strict").inputSchema.additionalProperties).toBe(false);
  const strict = { ...link("strict").args, arguments: { owner: "evil" } };
  expect((await client.call("workflow.submit", strict)).body.error.code).toBe("INPUT_SCHEMA_VIOLATION");
  const file = { ...link("file").args, arguments: { owner: "evil" } };
  expect((await client.call("workflow.submit", file)).body.workflow.version).toBe(workflow.version + 1);
  expect(of("/v1/of").map(({ url }) => url)).toEqual(["/v1/of/ours"]);
});

test("no value leaves its place in a path (F48)", async () => {
  for (const owner of [
    "../../admin/users?x=",
    "..",
    "%2e%2e",
    "a/b",
    "a?b#c",
    "@evil",
    "\\\\evil",
    "a\r\nX: y",
  ])
    await start("path", { owner });
  const seen = of("/").filter(({ url }) => url.includes("repos") || url.includes("admin"));
  expect(seen.length).toBeGreaterThan(0);
  for (const { url, headers } of seen) {
    expect(url).toMatch(/^\/v1\/repos\/[^/?#]+\/issues$/);
    expect(new URL(url, "http://127.0.0.1").pathname.startsWith("/v1/repos/")).toBe(true);
    expect(headers["x"]).toBeUndefined();
  }
});

test("a redirect to another host gets neither body nor credentials (F49)", async () => {
  const { error } = await start("away");
  expect(error.code).toBe("EXECUTOR_FAILED");
  expect(of("/v1/away")).toHaveLength(1);
  expect(of("/v1/there")).toEqual([]);
});

test("100 MB of output are bounded (F50)", async () => {
  const { result, workflow } = await start("flood");
  expect(result.status).toBe("completed");
  const { body } = await client.call("workflow.get", { workflowId: workflow.id, path: "$.output.truncated" });
  expect(body.value ?? body.text).toBe(true);
});

test("a command that fills its megabyte to the last byte succeeds, and all of it can be read (F50)", async () => {
  const { result, workflow } = await start("full");
  expect(result.status).toBe("completed");
  const read = { workflowId: workflow.id, path: "$.output.stdout", offset: 1024 * 1024 - 5, limit: 100 };
  expect((await client.call("workflow.get", read)).body).toMatchObject({ text: "xxxxx", total: 1024 * 1024 });
  const truncated = { workflowId: workflow.id, path: "$.output.truncated" };
  expect((await client.call("workflow.get", truncated)).body.value).toBe(false);
});

test("a command sees listed variables and no input of the gateway's (F51)", async () => {
  const { result } = await start("environment");
  expect(result.output.json).toContain("PATH");
  for (const name of ["THE_SECRET", "UNLISTED"]) expect(result.output.json).not.toContain(name);
});

test("a value stays one argument, and one that would be an option is refused (F52)", async () => {
  for (const value of ["a; touch b", "$(id)", "`id`", "a\nb", "* ?", "'\"", "ä 😀"]) {
    const { result } = await start("argument", { value });
    expect(result.output.json).toEqual([value]);
  }
  for (const value of ["--upload-pack=evil", "-e", "a\0b"])
    expect((await start("argument", { value })).error, value).toBeDefined();
});

test("what a tool returns is data wherever it goes", async () => {
  const { result } = await start("data");
  expect(result.output.body.text).toBe("{{ $.context }} ${HOME} $.arguments.who <script>");
});

test("a secret that a command or a server repeats is in no answer and no file (W16) [R-SECRET-1]", async () => {
  const echoed = await start("repeats");
  expect(echoed.result.output.body.seen).toBe("[secret]");
  const files = ["flowgate.sqlite", "flowgate.sqlite-wal"].map(at).filter(existsSync);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(readFileSync(file, "latin1")).not.toContain(SECRET);
});
