import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import { startHttpGateway, temporaryFolder, waitFor, writeConfig } from "../harness/gateway-process.ts";
import { startOtlpReceiver } from "../harness/otlp-receiver.ts";

const META_SERVER = fileURLToPath(new URL("../harness/meta-server.mjs", import.meta.url));
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const CALLER = `00-${TRACE}-${SPAN}-01`;
const STATE = "vendor=a1,other@b=2";
const CANARY = "canary-trace-91c2";

test("a collector sees the whole trace, from the caller through guards to what is called [R-TRACE-1]", async () => {
  using folder = temporaryFolder();
  await using collector = await startOtlpReceiver();
  const seen: unknown[] = [];
  const api = createServer((request, response) => {
    seen.push([request.headers["traceparent"], request.headers["tracestate"]]);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((done) => api.listen(0, "127.0.0.1", done));
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  api: { kind: http, baseUrl: "http://127.0.0.1:${(api.address() as AddressInfo).port}", headers: { authorization: "\${CANARY}" } }
  meta: { kind: mcp, command: node, args: ["${META_SERVER}"] }
proxy:
  expose:
    - { name: get, executor: { kind: http, connection: api, path: /x, query: { token: "\${CANARY}" } }, guards: [{ kind: expr, expr: $.principal.subject == 'anonymous' }] }
    - { name: tell, executor: { kind: mcp, connection: meta, tool: meta } }
    - { name: never, executor: { kind: noop }, guards: [{ kind: role, role: nobody }] }
audit: { sink: file, path: audit.jsonl }
telemetry: { traces: { otlp: "${collector.url}", headers: { x-from: here } }, metrics: { otlp: "${collector.url}", headers: { x-from: "\${HERE}" } } }
`,
  );
  const gateway = await startHttpGateway(config, { env: { CANARY, HERE: "there" } });
  const client = new Client({ name: "e2e", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url)));
  const start = (definitionId: string) =>
    client.callTool({
      name: "workflow.start",
      arguments: { definitionId },
      _meta: { traceparent: CALLER, tracestate: STATE },
    });
  await start("get");
  const told: any = (await start("tell")).structuredContent;
  await start("never");
  await client.close();
  // Without a trace in the message, the one of the request counts; without a valid one, a trace begins here.
  const byHeader = await connectClient({ url: gateway.url, headers: { traceparent: CALLER } }, "2026-07-28");
  await byHeader.call("gateway.home");
  await byHeader.close();
  const without = await connectClient(
    { url: gateway.url, headers: { traceparent: "nonsense", tracestate: STATE } },
    "2026-07-28",
  );
  await without.call("workflow.start", { definitionId: "get" });
  await without.close();
  await gateway.stop();
  api.close();

  const spans = collector.spans();
  const mine = spans.filter(({ traceId }) => traceId === TRACE);
  const calls = mine.filter(({ parentSpanId }) => parentSpanId === SPAN);
  expect(calls.map(({ name }) => name)).toEqual([
    ...Array<string>(3).fill("tools/call workflow.start"),
    "tools/call gateway.home",
  ]);
  const below = (parent: string | undefined) =>
    mine
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .map(({ name }) => name)
      .sort();
  expect(below(calls[0]?.spanId)).toEqual(["execute http api", "guards run"]);
  expect(below(calls[1]?.spanId)).toEqual(["execute mcp meta"]);
  expect(below(calls[2]?.spanId)).toEqual(["guards run"]);
  expect(calls[2]?.attributes).toMatchObject({
    "flowgate.status": "rejected",
    "flowgate.code": "GUARD_REJECTED",
  });
  const attempt = (name: string) => mine.find((span) => span.name === name)?.spanId;
  expect(seen[0]).toEqual([`00-${TRACE}-${attempt("execute http api")}-01`, STATE]);
  expect(told.result.output).toEqual({
    traceparent: `00-${TRACE}-${attempt("execute mcp meta")}-01`,
    tracestate: STATE,
  });
  // The state of a trace that is none belongs to nothing.
  expect(seen[1]).toEqual([expect.stringMatching(/^00-/), undefined]);

  const begun = spans.filter(({ traceId }) => traceId !== TRACE);
  expect(begun.map(({ name }) => name).sort()).toEqual([
    "execute http api",
    "guards run",
    "tools/call workflow.start",
  ]);
  const events = readFileSync(join(folder.path, "audit.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const traced = events.filter(({ definitionId }) => definitionId !== undefined);
  expect(traced.length).toBeGreaterThan(10);
  for (const { eventType, traceId } of traced) expect(traceId, eventType).toMatch(/^[0-9a-f]{32}$/);
  expect(collector.text()).toMatch(/"path":"\/v1\/traces".*"from":"here"/);
  expect(collector.text()).toMatch(/"path":"\/v1\/metrics".*"from":"there"/);
  expect(collector.text()).toContain("flowgate_calls_total");
  expect(collector.text()).not.toContain(CANARY);
});

test("a dead or silent collector delays no call and not the end; what it missed is counted [R-TRACE-2]", async () => {
  using folder = temporaryFolder();
  await using silent = await startOtlpReceiver("slow");
  const [log] = await Promise.all([serveBeside("http://127.0.0.1:9"), serveBeside(silent.url)]);
  expect(log).toContain("the collector does not take traces");

  async function serveBeside(otlp: string): Promise<string> {
    const yaml = `${HELLO}telemetry: { traces: { otlp: "${otlp}" } }\n`;
    const config = writeConfig(folder.path, yaml, `${new URL(otlp).port}.yaml`);
    const gateway = await startHttpGateway(config);
    const client = await connectClient({ url: gateway.url }, "2026-07-28");
    const start = () =>
      client.call("workflow.start", { definitionId: "hello.echo", input: { message: "x" } });
    const answers = await Promise.all(Array.from({ length: 20 }, start));
    expect(answers.filter(({ isError }) => isError)).toEqual([]);
    if (otlp === silent.url) await waitFor(() => (silent.text() === "" ? undefined : true));
    else
      await waitFor(async () => {
        const text = await (await fetch(new URL("/metrics", gateway.url))).text();
        const dropped = /flowgate_telemetry_dropped_total\{signal="traces"\} (\d+)/.exec(text)?.[1];
        return Number(dropped) > 0 || undefined;
      });
    expect((await start()).isError).toBe(false);
    await client.close();
    expect(await gateway.stop()).toBe(0);
    return gateway.stderr();
  }
});
