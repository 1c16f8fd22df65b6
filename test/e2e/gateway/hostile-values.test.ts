import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  repository,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

/** What a caller might put wherever the configuration has a variable. */
const NASTY = [
  "../../admin",
  "..\\admin",
  "%2e%2e%2fadmin",
  "%252e%252e%252fadmin",
  "?admin=1",
  "&admin=1",
  "#fragment",
  "a\r\nX-Injected: 1",
  "a\r\n\r\nPOST /v1/second HTTP/1.1",
  "a\nX-Injected: 1",
  "a%0d%0aX-Injected: 1",
  "\u0120\u010a\u010d",
  "@evil.example",
  "user:password@evil.example",
  "//evil.example/",
  "\\\\evil.example",
  "https://evil.example/",
  "http://169.254.169.254/latest/meta-data/",
  "http://2852039166/",
  "http://0xa9fea9fe/",
  "http://0251.0376.0251.0376/",
  "http://[::ffff:169.254.169.254]/",
  "a\u0000b",
];
/** What a template, a shell or a page would read in a result, and nothing here may. */
const ALIVE =
  "{{ $.workflow.input.own }} {{ $$.x }} ${THE_VARIABLE} $.workflow.input.own <img src=x onerror=alert(1)>";
const RESULT = { text: ALIVE, path: "$.workflow.input.own", operator: { set: "$.workflow.input.own" } };

/** Places that are not the connection's own origin, however they are written. */
const ELSEWHERE = [
  "http://169.254.169.254/latest/meta-data/",
  "http://2852039166/",
  "http://0xa9fea9fe/",
  "http://0251.0376.0251.0376/",
  "http://[::ffff:a9fe:a9fe]/",
  "http://[fe80::1]/",
  "http://127.0.0.1:1/v1/there",
  "http://127.0.0.1:PORT@evil.example/v1/there",
  "http://localhost:PORT/v1/there",
  "http://127.1.1.1:PORT/v1/there",
  "http://[::ffff:127.0.0.1]:PORT/v1/there",
  "//localhost:PORT/v1/there",
  "\\\\localhost:PORT\\v1\\there",
  "/\\localhost:PORT/v1/there",
  "https://127.0.0.1:PORT/v1/there",
  "file:///etc/passwd",
  "data:application/json,1",
];

interface Asked {
  readonly url: string;
  readonly host: string | undefined;
  readonly names: readonly string[];
  readonly type: string | undefined;
  readonly call: string | undefined;
  readonly body: string;
}
let asked: Asked[] = [];
const api = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += String(chunk)));
  request.on("end", () => {
    const { url = "", headers, rawHeaders } = request;
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    const call = headers["x-call"] as string | undefined;
    asked.push({ url, host: headers.host, names, type: headers["content-type"], call, body });
    if (url.startsWith("/v1/away")) {
      response.writeHead(307, {
        location: ELSEWHERE[Number(url.slice("/v1/away/".length))]!.replace("PORT", String(port)),
      });
    } else response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(RESULT));
  });
});
let port: number;

const folder = temporaryFolder();
const clients: TestClient[] = [];
let gateway: GatewayProcess;

beforeAll(async () => {
  await new Promise<void>((done) => api.listen(0, done));
  ({ port } = api.address() as AddressInfo);
  const dual = join(repository, "packages/executors/mcp/test/servers/dual-server.mjs");
  const text = (field: string): string => `http, connection: api, method: POST, path: /items, ${field}`;
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  api: { kind: http, baseUrl: "http://127.0.0.1:${port}/v1", headers: { X-Own: "1" }, auth: { kind: bearer, token: a-token-for-the-api } }
  node: { kind: cli, command: node }
  dual: { kind: mcp, command: node, args: ["${dual}"] }
proxy:
  expose:
    - { name: at.path, executor: { kind: http, connection: api, path: "/items/{value}" } }
    - { name: at.query, executor: { kind: http, connection: api, path: /items, query: { q: $.arguments.value } } }
    - { name: at.header, executor: { kind: http, connection: api, path: /items, headers: { X-Call: $.arguments.value } } }
    - { name: at.json, executor: { kind: ${text("body: { a: $.arguments.value }")} } }
    - { name: at.form, executor: { kind: ${text("bodyFormat: form, body: { a: $.arguments.value }")} } }
    - { name: at.text, executor: { kind: ${text("bodyFormat: text, body: $.arguments.value")} } }
    - { name: away, executor: { kind: http, connection: api, method: POST, path: "/away/{to}", body: { pin: 1 } } }
    - { name: show, executor: { kind: cli, connection: node, env: { GIVEN: $.arguments.given }, args: ["-p", "JSON.stringify([process.argv.slice(1), process.env])", "--", $.arguments.value] } }
    - { name: load, executor: { kind: cli, connection: node, env: { NODE_OPTIONS: $.arguments.given }, args: ["-p", "1"] } }
workflows:
  carry:
    initialState: open
    states:
      open:
        transitions:
          fetch:
            target: held
            executor: { kind: http, connection: api, path: /items }
            output: { text: $.output.body.text, path: $.output.body.path, operator: $.output.body.operator, said: "It says {{ $.output.body.text }}." }
      held:
        transitions:
          send:
            target: sent
            prefill: { text: $.context.text, path: $.context.path, operator: $.context.operator, said: "{{ $.context.said }}" }
            executor: { kind: http, connection: api, method: POST, path: /items, query: { q: $.context.path }, body: { whole: $.arguments, text: $.context.text, said: "{{ $.context.said }}" } }
      sent: { transitions: { run: { target: ran, executor: { kind: cli, connection: node, args: ["-p", "JSON.stringify(process.argv.slice(1))", "--", $.context.text, $.context.path, "{{ $.context.said }}"] } } } }
      ran: { transitions: { ask: { target: done, executor: { kind: human, queue: q, title: "Take {{ $.context.path }}", message: "{{ $.context.said }}" } } } }
      done: { terminal: true }
`,
  );
  gateway = await startHttpGateway(config, { env: { THE_VARIABLE: "never put in" } });
  for (const era of ERAS) clients.push(await connectClient({ url: gateway.url }, era));
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await gateway.stop();
  api.closeAllConnections();
  api.close();
  folder[Symbol.dispose]();
});

async function start(definitionId: string, input: object = {}, client = clients[0]!): Promise<any> {
  return (await client.call("workflow.start", { definitionId, input: input as never })).body;
}

describe("on its way to a server", () => {
  /** What of a value arrived in its place, and what is left of the request without it. */
  const PLACES: { readonly [place: string]: (asked: Asked, url: URL) => unknown } = {
    path: (_, url) => decodeURIComponent(url.pathname.slice("/v1/items/".length)),
    query: (_, url) => url.searchParams.get("q"),
    header: ({ call }) => call,
    json: ({ body }) => JSON.parse(body).a,
    form: ({ body }) => new URLSearchParams(body).get("a"),
    text: ({ body }) => body,
  };

  const UNSENDABLE: { readonly [place: string]: RegExp } = { path: /\.\.|%(?:25)*2e/, header: /[^ -~]/ };

  test.for(Object.entries(PLACES))(
    "no value in the %s changes origin, prefix, parameters or headers of the request (F48, W24)",
    async ([place, read]) => {
      const toShape = (one: Asked): object => {
        const url = new URL(one.url, "http://127.0.0.1");
        const parameters = [...url.searchParams.keys()];
        const prefix = url.pathname.split("/").slice(0, 3);
        const depth = one.url.split("/").length;
        return { host: one.host, names: one.names.toSorted(), type: one.type, parameters, prefix, depth };
      };
      asked = [];
      await start(`at.${place}`, { value: "plain" });
      const [usual] = asked.map(toShape);
      expect(usual).toMatchObject({ host: `127.0.0.1:${port}`, prefix: ["", "v1", "items"] });
      const refused: string[] = [];
      for (const [index, value] of NASTY.entries()) {
        asked = [];
        const { result } = await start(`at.${place}`, { value }, clients[index % 2]);
        const isSent = result.status === "completed";
        if (!isSent) refused.push(value);
        expect(asked.map(toShape)).toEqual(isSent ? [usual] : []);
        expect(asked.map((one) => read(one, new URL(one.url, "http://x")))).toEqual(isSent ? [value] : []);
      }
      // What cannot stay in its place is not sent at all; whatever has a place of its own is.
      expect(refused).toEqual(NASTY.filter((value) => UNSENDABLE[place]?.test(value)));
    },
  );

  test("a redirect leads neither request nor credentials to another origin, however that is written (F49)", async () => {
    for (const [to, place] of ELSEWHERE.entries()) {
      asked = [];
      const { error } = await start("away", { to: String(to) }, clients[to % 2]);
      expect([place, error.code, error.message]).toEqual([
        place,
        "EXECUTOR_FAILED",
        expect.stringContaining("api answered 307: it redirects to another origin, which is not followed."),
      ]);
      expect(asked.map(({ url }) => url)).toEqual([`/v1/away/${to}`]);
    }
  });
});

test("a connection to an address that is denied starts no gateway, however it is written [R-EGRESS-1]", async () => {
  using own = temporaryFolder();
  const hosts = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
  ];
  const connections = hosts.flatMap((host, at) => [
    `  c${at}: { kind: http, baseUrl: "http://${host}:${port}" }`,
    `  m${at}: { kind: mcp, url: "http://${host}:${port}/mcp" }`,
  ]);
  const config = writeConfig(
    own.path,
    `version: "1.0.0"\nserver: { egress: { deny: [127.0.0.0/8] } }\nconnections:\n${connections.join("\n")}\n`,
  );
  asked = [];
  const { code, stderr } = await runGateway(["serve", "-c", config, "--listen", "127.0.0.1:0"]);
  expect(code).toBe(1);
  const refused = [...stderr.matchAll(/error FG618: "(\w+)" is never dialled/g)].map(([, name]) => name);
  expect(refused).toEqual(hosts.flatMap((_, at) => [`c${at}`, `m${at}`]));
  expect(asked).toEqual([]);
});

describe("on its way to a command", () => {
  const VALUES = [
    ...NASTY,
    "; touch x",
    "$(touch x)",
    "`touch x`",
    "| id",
    "&& id",
    "> x",
    "~",
    "*",
    "--output=x",
    "-",
    "-e",
    "\n-e",
  ];

  test("a value is one argument and one variable as it is, or is refused (F52)", async () => {
    for (const [index, value] of VALUES.entries()) {
      const refused = value.includes("\0") || value.startsWith("-");
      const { result, error } = await start("show", { value, given: "g" }, clients[index % 2]);
      expect(refused ? error?.code : result.output.json[0]).toEqual(refused ? "EXECUTOR_FAILED" : [value]);
    }
    const { result } = await start("show", { value: "v", given: "a\nNODE_OPTIONS=--title=x" });
    expect(result.output.json[1]).toMatchObject({ GIVEN: "a\nNODE_OPTIONS=--title=x" });
    expect(result.output.json[1]).not.toHaveProperty("NODE_OPTIONS");
  });

  test("nothing that a request holds names another command, or a variable that loads code", async () => {
    const loaders = { NODE_OPTIONS: "--title=x", LD_PRELOAD: "/x.so", PATH: "/x", BASH_ENV: "/x" };
    const fields = {
      command: "id",
      args: ["-e", "1"],
      connection: "api",
      env: loaders,
      executor: { kind: "cli", command: "id" },
      allowDashArgs: true,
      ...loaders,
    };
    for (const client of clients) {
      const { result } = await start("show", { value: "v", given: "g", ...fields }, client);
      const [args, env] = result.output.json;
      expect(args).toEqual(["v"]);
      expect(JSON.stringify(env)).not.toMatch(/NODE_OPTIONS|LD_PRELOAD|BASH_ENV|"PATH":"\/x"/);
      const { body } = await client.call("workflow.start", {
        definitionId: "show",
        input: { value: "v", given: "g" },
        ...fields,
      } as never);
      expect(body.error.code).toBe("INVALID_ARGUMENTS");
      expect((await start("load", { given: "--title=x" }, client)).error.message).toContain(
        "The variable NODE_OPTIONS can only be set on a connection.",
      );
    }
  });
});

test.for([0, 1])(
  "a result is data in context, prefill, requests, arguments and messages; client %s",
  async (at) => {
    const client = clients[at]!;
    const said = `It says ${ALIVE}.`;
    let body = await start("carry", { own: "never put in" }, client);
    const submit = async (transition: string, args: object = {}): Promise<void> => {
      const { id: workflowId, version: expectedVersion } = body.workflow;
      const sent = { workflowId, expectedVersion, transition, arguments: args };
      ({ body } = await client.call("workflow.submit", sent as never));
    };
    await submit("fetch");
    expect(body.context).toEqual({ ...RESULT, said });
    const link = body.links.find(({ rel }: any) => rel === "send");
    expect(link.args.arguments).toEqual({ ...RESULT, said });
    asked = [];
    await submit("send", link.args.arguments);
    expect(JSON.parse(asked[0]!.body)).toEqual({ whole: { ...RESULT, said }, text: ALIVE, said });
    expect([...new URL(asked[0]!.url, "http://x").searchParams]).toEqual([["q", RESULT.path]]);
    await submit("run");
    expect(body.result.output.json).toEqual([ALIVE, RESULT.path, said]);
    await submit("ask");
    const { body: shown } = await client.call("workflow.get", { workflowId: body.workflow.id });
    const everything = JSON.stringify([body, shown]);
    expect(everything).toContain(JSON.stringify(said).slice(1, -1));
    expect(everything).toContain(`Take ${RESULT.path}`);
    expect(everything.replaceAll('"own":"never put in"', "")).not.toContain("never put in");
  },
);
