import { request } from "node:http";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { ANONYMOUS, ok } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compose } from "../src/compose.ts";
import type { Gateway } from "../src/gateway.ts";
import { systemDigest } from "../src/host/ids.ts";
import { createLog } from "../src/host/log.ts";
import { createDirectCalls, type DirectCalls } from "../src/http/direct-call.ts";
import { systemClock } from "../src/host/clock.ts";
import { serveHttp, type HttpServing } from "../src/http/http-server.ts";
import { httpPrincipal } from "../src/http/mcp-endpoint.ts";
import { createMcpServer } from "../src/mcp/server-factory.ts";

const CONFIG = `version: "1.0.0"
proxy:
  expose:
    - name: hello.echo
      inputSchema: { type: object, required: [message], properties: { message: { type: string } } }
      executor: { kind: noop }
    - name: hello.fail
      executor: { kind: cli, command: node, args: ["-e", "process.exit(3)"] }
workflows:
  w: { initialState: a, states: { a: { transitions: { go: { target: b } } }, b: { terminal: true } } }
`;
const IDENTITY = { name: "mcp-flowgate", version: "1.2.3" };

let gateway: Gateway;
let plain: HttpServing;
let direct: HttpServing;
let taken = 0;

beforeAll(async () => {
  const { plan } = await compileConfig({
    files: ["/gateway.yaml"],
    reader: {
      read: async () => ok(new TextEncoder().encode(CONFIG)),
      glob: async () => [],
      resolve: (_, file) => file,
      directory: () => "/",
    },
    env: () => undefined,
    digest: systemDigest,
  });
  if (plan === undefined) throw new Error("the configuration does not compile");
  const log = createLog({ level: "silent", format: "json" });
  gateway = await compose(plan, log);
  await gateway.start();
  const calls = createDirectCalls(gateway.surface, IDENTITY);
  const counted: DirectCalls = {
    recognise: (incoming, message, checks) => {
      const call = calls.recognise(incoming, message, checks);
      if (call !== undefined) taken += 1;
      return call;
    },
  };
  const options = {
    server: { ...plan.server, http: { ...plan.server.http, port: 0 } },
    factory: createMcpServer(gateway.surface, IDENTITY, httpPrincipal),
    plan,
    authenticate: async () => ok({ principal: ANONYMOUS }),
    missingPermissions: gateway.missingPermissions,
    record: gateway.record,
    clock: systemClock,
    notReady: gateway.notReady,
    degraded: gateway.degraded,
    draining: () => false,
    log,
  };
  plain = await serveHttp(options);
  direct = await serveHttp({ ...options, direct: counted });
});
afterAll(async () => {
  await plain.close();
  await direct.close();
  await gateway.close();
});

interface Sent {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

/** The answer without what differs between any two calls: ids. */
function send(to: HttpServing, headers: Record<string, string>, body: string): Promise<Sent> {
  return new Promise((done, failed) => {
    const call = request(to.endpoint, { method: "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        done({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"],
          text: text.replaceAll(/\b(wf|cor|op)_[0-9a-z]{22}\b/g, "$1_…"),
        }),
      );
    });
    call.on("error", failed);
    call.end(body);
  });
}

async function expectSame(headers: Record<string, string>, message: unknown): Promise<Sent> {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const [theirs, ours] = [await send(plain, headers, body), await send(direct, headers, body)];
  expect(ours).toEqual(theirs);
  return ours;
}

const MODERN = "2026-07-28";
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const BOTH = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const modern = (name: string): Record<string, string> => ({
  ...BOTH,
  "mcp-protocol-version": MODERN,
  "mcp-method": "tools/call",
  "mcp-name": name,
});
const legacy = { ...BOTH, "mcp-protocol-version": "2025-11-25" };
const call = (name: string, args?: unknown, meta?: unknown): any => ({
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: {
    name,
    ...(args === undefined ? {} : { arguments: args }),
    ...(meta === undefined ? {} : { _meta: meta }),
  },
});
const ECHO = { definitionId: "hello.echo", input: { message: "hi" } };

test("an envelope that was never seen is judged by the SDK, which is loaded for it, and known from then on", async () => {
  const before = taken;
  await expectSame(modern("gateway.home"), call("gateway.home", {}, ENVELOPE));
  expect(taken - before).toBe(0);
  await expectSame(modern("gateway.home"), call("gateway.home", {}, ENVELOPE));
  expect(taken - before).toBe(1);
});

test.each([
  ["gateway.home", {}],
  ["gateway.search", { query: "echo" }],
  ["gateway.search", { quer: 1 }],
  ["gateway.describe", { id: "hello.echo" }],
  ["workflow.start", ECHO],
  ["workflow.start", { definitionId: "hello.fail" }],
  ["workflow.start", { definitionId: "w" }],
  ["workflow.start", { definitionId: "nothing" }],
  ["workflow.get", { workflowId: "wf_none" }],
  ["workflow.submit", { workflowId: "wf_none", expectedVersion: 0, transition: "go" }],
  ["workflow.explain", { definitionId: "w" }],
])("%s %j is answered alike with and without the SDK, in both eras", async (name, args) => {
  const before = taken;
  expect((await expectSame(modern(name), call(name, args, ENVELOPE))).type).toBe("application/json");
  expect((await expectSame(legacy, call(name, args))).type).toBe("text/event-stream");
  expect(taken - before).toBe(2);
});

const maybe = <Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** Calls that are nearly right, in every part that decides which way they take. */
const nearly = fc.record({
  isModern: fc.boolean(),
  name: maybe("workflow.start", "gateway.search", "nope", "", "gateway_search"),
  args: maybe<unknown>(ECHO, undefined, null, [], "x", {}, { definitionId: 5 }, { __proto__: 1 }),
  id: maybe<unknown>(7, "seven", 0, -1, 1.5, null, undefined, {}, ""),
  jsonrpc: maybe<unknown>("2.0", "1.0", 2, undefined),
  method: maybe("tools/call", "tools/list", "ping", "nonsense/method"),
  versionHeader: maybe<string | undefined>(
    "own",
    undefined,
    "2025-06-18",
    "2024-11-05",
    MODERN,
    "1999-01-01",
  ),
  methodHeader: maybe<string | undefined>("tools/call", undefined, "tools/list"),
  nameHeader: maybe<string | undefined>("own", undefined, "gateway.home", "=?base64?d29ya2Zsb3cuc3RhcnQ=?="),
  accept: maybe<string | undefined>(BOTH.accept, "application/json", "*/*", undefined),
  type: maybe<string | undefined>(
    BOTH["content-type"],
    "application/json; charset=utf-8",
    "text/plain",
    undefined,
  ),
  session: maybe<string | undefined>(undefined, "some-session"),
  client: maybe<unknown>({ name: "c", version: "1" }, { name: 5 }, "c", undefined, {
    name: "c",
    version: "1",
    title: "C",
  }),
  capabilities: maybe<unknown>({}, { elicitation: {} }, { roots: 5 }, [], undefined, { unknown: { x: 1 } }),
  moreMeta: maybe<object>({}, { progressToken: 3 }, { other: true }),
  moreParams: maybe<object>({}, { task: { ttl: 5 } }, { extra: 1 }),
  moreKeys: maybe<object>({}, { extra: 1 }, { result: {} }),
  batch: maybe(false, true),
});

test("whatever a client sends, both ways answer alike", async () => {
  await fc.assert(
    fc.asyncProperty(nearly, async (one) => {
      const headers: Record<string, string> = {};
      const put = (name: string, value: string | undefined): void =>
        void (value !== undefined && (headers[name] = value));
      put("content-type", one.type);
      put("accept", one.accept);
      put("mcp-session-id", one.session);
      put(
        "mcp-protocol-version",
        one.versionHeader === "own" ? (one.isModern ? MODERN : "2025-11-25") : one.versionHeader,
      );
      if (one.isModern) {
        put("mcp-method", one.methodHeader);
        put("mcp-name", one.nameHeader === "own" ? one.name : one.nameHeader);
      }
      const meta = one.isModern
        ? {
            ...ENVELOPE,
            "io.modelcontextprotocol/clientInfo": one.client,
            "io.modelcontextprotocol/clientCapabilities": one.capabilities,
            ...one.moreMeta,
          }
        : Object.keys(one.moreMeta).length === 0
          ? undefined
          : one.moreMeta;
      const message = {
        ...call(one.name, one.args, meta),
        id: one.id,
        jsonrpc: one.jsonrpc,
        method: one.method,
        ...one.moreKeys,
      };
      Object.assign(message.params, one.moreParams);
      await expectSame(headers, one.batch ? [message] : message);
    }),
    { numRuns: 400 },
  );
  expect(taken).toBeGreaterThan(30);
});
