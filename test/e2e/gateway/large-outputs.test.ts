import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient, type ToolAnswer } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const SERVER = fileURLToPath(new URL("../harness/large-server.mjs", import.meta.url));
const ROWS = Array.from({ length: 30_000 }, (_, n) => ({ n, text: `row ${n} `.padEnd(80, "é") }));
const LINES = Array.from({ length: 400_000 }, (_, n) => `line ${n}`).join("\n");
const ROW_BYTES = Buffer.byteLength(JSON.stringify({ id: "r-1", rows: ROWS }));
const KEYS = ["a-key-of-the-owner-1", "a-key-of-another-2"] as const;

const folder = temporaryFolder();
const env = { FLOWGATE_RUNTIME_DIR: folder.path };
const web = createServer((_request, response) => {
  response.setHeader("content-type", "application/json").end(JSON.stringify({ id: "r-1", rows: ROWS }));
});
let config: string;
let gateway: GatewayProcess;
let client: TestClient;

const connect = (key: string = KEYS[0]): Promise<TestClient> =>
  connectClient({ url: gateway.url, headers: { "x-api-key": key } }, "2026-07-28");

beforeAll(async () => {
  await new Promise<void>((listening) => web.listen(0, "127.0.0.1", listening));
  config = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: flowgate.sqlite }
audit: { sink: sqlite }
identity:
  kind: apiKeys
  keys:
    - { id: one, key: ${KEYS[0]}, subject: owner }
    - { id: two, key: ${KEYS[1]}, subject: another }
connections:
  large: { kind: mcp, command: node, args: ["${SERVER}"] }
  web: { kind: http, baseUrl: "http://127.0.0.1:${(web.address() as AddressInfo).port}" }
proxy:
  import: [{ connection: large, prefix: large }]
  expose:
    - { name: web.report, executor: { kind: http, connection: web, path: /report, maxResponseBytes: 8MiB } }
    - name: cli.print
      executor:
        kind: cli
        command: node
        args: ["-e", "process.stdout.write('0123456789'.repeat(1024 * 1024))"]
        maxOutputBytes: 12MiB
workflows:
  review:
    initialState: open
    states:
      open:
        transitions:
          load:
            target: empty
            executor: { kind: mcp, connection: large, tool: report }
            output: { id: $.output.id, last: "$.output.rows[29999].n" }
            branches: [{ when: { kind: expr, expr: "size($.output.rows) == 30000" }, target: loaded }]
          keep:
            target: loaded
            executor: { kind: mcp, connection: large, tool: report }
            output: { all: $.output }
      loaded: { transitions: { close: { target: closed } } }
      empty: { terminal: true }
      closed: { terminal: true }
`,
  );
  gateway = await startHttpGateway(config, { env });
  client = await connect();
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  web.close();
  folder[Symbol.dispose]();
});

const start = (definitionId: string): Promise<ToolAnswer> =>
  client.call("workflow.start", { definitionId, input: {} });

/** Follows the links of slices to their end. */
async function readAll(by: TestClient, call: { readonly args: any }): Promise<string> {
  let text = "";
  for (let args = { ...call.args, limit: 100_000 }; args !== undefined;) {
    const { body } = await by.call("workflow.get", args);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(500_000);
    text += body.text;
    args = body.links?.find(({ rel }: any) => rel === "next").args;
  }
  return text;
}

const PIECE = 50_000;

/** The first piece of a text, one from its middle and the last, which tells how long it is. */
const piecesOf = (text: string): readonly string[] =>
  [0, Math.floor(text.length / 2), text.length - PIECE].map((at) => text.slice(at, at + PIECE));

async function pieces(workflowId: string, path: string): Promise<readonly string[]> {
  const read = async (offset: number): Promise<any> =>
    (await client.call("workflow.get", { workflowId, path, offset, limit: PIECE })).body;
  const { text, total } = await read(0);
  if (total <= PIECE) return [text];
  const [middle, last] = [await read(Math.floor(total / 2)), await read(total - PIECE)];
  expect([middle.nextOffset, last.nextOffset]).toEqual([Math.floor(total / 2) + PIECE, undefined]);
  return [text, middle.text, last.text];
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("a step settles over all of five megabytes; its answer is small and leads to them, also after a restart [R-LARGE-1]", async () => {
  const { workflow } = (await start("review")).body;
  const load = { workflowId: workflow.id, expectedVersion: 0, transition: "load" };
  const { body } = await client.call("workflow.submit", load);
  expect(body.workflow.state).toBe("loaded");
  expect(body.context).toEqual({ id: "r-1", last: 29_999 });
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(24_000);
  const told = body.result.output.$truncated;
  expect(told).toMatchObject({ bytes: ROW_BYTES, members: { id: "r-1" } });
  expect(told.preview).toBe(JSON.stringify({ id: "r-1", rows: ROWS }).slice(0, 500));
  const text = await readAll(client, told.read);
  expect([sha256(text), Buffer.byteLength(text)]).toEqual([told.sha256, told.bytes]);
  const again = (await client.call("workflow.submit", load)).body;
  expect(again.result.output).toEqual(body.result.output);

  await client.call("workflow.submit", { workflowId: workflow.id, expectedVersion: 1, transition: "close" });
  await client.close();
  await gateway.stop();
  gateway = await startHttpGateway(config, { env });
  client = await connect();
  const get = async (path: string, by = client): Promise<any> =>
    (await by.call("workflow.get", { workflowId: workflow.id, path })).body;
  expect(await get("$.output.rows[4321]")).toMatchObject({ value: ROWS[4321] });
  expect(await get("/output/rows/4321/text")).toMatchObject({ text: ROWS[4321]!.text });
  expect(await get(`$.blobs.${told.sha256}.id`)).toMatchObject({ text: "r-1" });
  expect((await get("$.output.rows[30000]")).error).toMatchObject({ code: "INVALID_ARGUMENTS" });
  expect((await get(`$.blobs.${"0".repeat(64)}`)).error).toMatchObject({ code: "INVALID_ARGUMENTS" });
  const other = await connect(KEYS[1]);
  expect((await get("$.output.rows[4321]", other)).error).toMatchObject({ code: "UNKNOWN_WORKFLOW" });
  const own = (await other.call("workflow.start", { definitionId: "review" })).body.workflow.id;
  const foreign = { workflowId: own, path: `$.blobs.${told.sha256}.id` };
  expect((await other.call("workflow.get", foreign)).body.error).toMatchObject({ code: "INVALID_ARGUMENTS" });
  await other.close();
});

test("five megabytes over HTTP, and ten that a command prints, are read as they came [R-LARGE-1]", async () => {
  const report = (await start("web.report")).body;
  const webId = report.result.output.$truncated.read.args.workflowId;
  expect(await pieces(webId, "$.output.body")).toEqual(piecesOf(JSON.stringify({ id: "r-1", rows: ROWS })));
  expect(await pieces(webId, "/output/body/rows/29999/text")).toEqual([ROWS[29_999]!.text]);

  const printed = (await start("cli.print")).body;
  expect(printed.result.output.$truncated.members).toMatchObject({ exitCode: 0, truncated: false });
  const cliId = printed.result.output.$truncated.read.args.workflowId;
  expect(await pieces(cliId, "$.output.stdout")).toEqual(piecesOf("0123456789".repeat(1024 * 1024)));
});

test("text, images, sounds and resources of many megabytes come through whole [R-LARGE-2]", async () => {
  const log = (await start("large.log")).body;
  const logId = log.result.output.$truncated.read.args.workflowId;
  expect(await pieces(logId, "$.output.content[0].text")).toEqual(piecesOf(LINES));

  const data = Buffer.alloc(4 * 1024 * 1024, "0123456789abcdef").toString("base64");
  const picture = await start("large.picture");
  const image = picture.content.find(({ type }) => type === "image");
  expect(image.data === data).toBe(true);
  expect(Buffer.byteLength(JSON.stringify(picture.body))).toBeLessThan(24_000);
  const recording = await start("large.recording");
  expect(recording.body.result.output).toEqual({ seconds: 3 });
  const [audio, resource] = recording.content.filter(({ type }) => type !== "text");
  expect([audio.data === data, resource.resource.blob === data]).toEqual([true, true]);
  const later = await client.call("workflow.get", { workflowId: recording.body.workflow.id });
  expect(later.content.filter(({ type }) => type !== "text")).toHaveLength(2);
});

test("an output that does not fit where it is mapped to is kept, and an operator reads it from the command line [R-LARGE-3]", async () => {
  const { workflow } = (await start("review")).body;
  const { body } = await client.call("workflow.submit", {
    workflowId: workflow.id,
    expectedVersion: 0,
    transition: "keep",
  });
  expect(body.error.message).toContain("map only what later steps need");
  const [, hash] = /\$\.blobs\.([0-9a-f]{64})/.exec(body.error.message) ?? [];
  const path = `$.blobs.${hash}.rows[7]`;
  const { body: row } = await client.call("workflow.get", { workflowId: workflow.id, path });
  expect(row.value).toEqual(ROWS[7]);

  const show = (...args: string[]) =>
    runGateway(["workflows", "show", workflow.id, "-c", config, ...args], { env });
  const timeline = (await show()).stdout;
  const [, operation] = /output of (?:\d+) bytes: --output (\S+)/.exec(timeline) ?? [];
  const { code, stdout } = await show("--output", operation!);
  expect([code, Buffer.byteLength(stdout)]).toEqual([0, ROW_BYTES + 1]);
  expect(sha256(stdout.trimEnd())).toBe(hash);
  expect((await show("--output")).stdout === stdout).toBe(true);
  const none = await show("--output", "op_none");
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("has an output")]);
});
