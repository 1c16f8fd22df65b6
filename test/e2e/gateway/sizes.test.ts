import { afterAll, beforeAll, expect, test } from "vitest";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const MANY = 500;
const exposures = Array.from(
  { length: MANY },
  (_, index) => `    - name: area${index % 25}.operation_${index}
      title: Operation ${index}
      description: Does operation number ${index} on the things of area ${index % 25}, and tells what came of it in the end.
      tags: [area${index % 25}]
      inputSchema:
        type: object
        required: [target]
        properties:
          target: { type: string, description: What the operation is done to. }
          mode: { type: string, enum: [fast, safe, dry] }
      executor: { kind: noop }`,
).join("\n");
const CONFIG = `version: "1.0.0"
proxy:
  expose:
    - name: big.report
      executor: { kind: cli, command: node, args: ["-e", "process.stdout.write(JSON.stringify({title: 'r', rows: 'ab😀'.repeat(20000)}))"], effect: read }
${exposures}
workflows:
  filing:
    initialState: open
    states:
      open:
        transitions:
          file:
            target: done
            inputSchema: { type: object, properties: { text: { type: string } } }
            executor: { kind: cli, command: node, args: ["-e", "process.exit(3)"], effect: read }
      done: { terminal: true }
`;

const folder = temporaryFolder();
let gateway: GatewayProcess;
let client: TestClient;

beforeAll(async () => {
  gateway = await startHttpGateway(writeConfig(folder.path, CONFIG));
  client = await connectClient({ url: gateway.url }, "2026-07-28");
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  folder[Symbol.dispose]();
});

const tokens = (body: unknown): number => countTokens(JSON.stringify(body));

test("an answer stays within limits.responseBytes and says how to read what was left out [R-SIZE-1]", async () => {
  const { body } = await client.call("workflow.start", { definitionId: "big.report" });
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(24_000);
  const pointers = JSON.stringify(body).match(/"\$truncated"/g) ?? [];
  expect(pointers.length).toBeGreaterThan(0);
  const { read } =
    body.result.output.json.rows?.$truncated ??
    body.result.output.json.$truncated ??
    body.result.output.$truncated;
  expect(read.method).toBe("workflow.get");

  let text = "";
  let next: any = { workflowId: body.workflow.id, path: "$.output.json.rows" };
  let slices = 0;
  while (next !== undefined) {
    const slice = (await client.call("workflow.get", next)).body;
    text += slice.text;
    slices += 1;
    expect(slice.text.isWellFormed()).toBe(true);
    next = slice.nextOffset === undefined ? undefined : { ...next, offset: slice.nextOffset };
  }
  expect(text).toBe("ab😀".repeat(20_000));
  expect(slices).toBeGreaterThan(5);
});

test("what a caller sent is not sent back whole where it is too long: its link says what is missing [R-SIZE-1]", async () => {
  const input = {
    note: "x".repeat(60_000),
    also: "y".repeat(2_000),
    mode: "safe",
    'ä"b': "z".repeat(30_000),
  };
  const { body } = await client.call("workflow.start", { definitionId: "area1.operation_1", input });
  expect(body.result.status).toBe("rejected");
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(24_000);
  const [link] = body.links;
  expect(link.args).toEqual({
    definitionId: "area1.operation_1",
    input: { mode: "safe", also: "y".repeat(2_000) },
  });
  expect(link.description).toBe(
    '`note` (60002 bytes) is left out here: send it again; `ä"b` (30002 bytes) is left out here: send it again.',
  );
});

test("what was sent to a step that failed is left out where it is too long, and can be read [R-SIZE-1]", async () => {
  const { body: started } = await client.call("workflow.start", { definitionId: "filing" });
  const text = "x".repeat(60_000);
  const { body } = await client.call("workflow.submit", { ...started.links[0].args, arguments: { text } });
  expect(body.result.status).toBe("failed");
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(24_000);
  const [link] = body.links;
  expect(link.args.arguments).toEqual({});
  const [, path] = /^`text` \(60002 bytes\) is left out here: workflow\.get reads it at (\S+)\.$/.exec(
    link.description,
  )!;
  const { body: slice } = await client.call("workflow.get", { workflowId: body.workflow.id, path: path! });
  expect(text.startsWith(slice.text)).toBe(true);
  expect(slice.text.length).toBeGreaterThan(1_000);
});

test("a path that leads nowhere says what is there instead", async () => {
  const { body } = await client.call("workflow.start", {
    definitionId: "area1.operation_1",
    input: { target: "x" },
  });
  const { body: wrong } = await client.call("workflow.get", {
    workflowId: body.workflow.id,
    path: "$.output.taget",
  });
  expect(wrong.error.code).toBe("INVALID_ARGUMENTS");
  expect(wrong.error.message).toContain("target");
});

test("home, search, describe and the session stay small with 500 capabilities [R-SIZE-1]", async () => {
  expect(tokens((await client.call("gateway.home")).body)).toBeLessThan(400);
  expect(tokens((await client.call("gateway.search", { query: "operation 17" })).body)).toBeLessThan(700);
  const session = (await client.call("workflow.start", {})).body;
  expect(tokens(session)).toBeLessThan(1500);
  expect(session.links.some(({ rel }: any) => rel === "search")).toBe(true);
});

test("search, start and result of one capability cost under 2,000 tokens in all [R-SIZE-1]", async () => {
  const found = await client.call("gateway.search", { query: "operation 17" });
  const [hit] = found.body.items;
  expect(hit.id).toBe("area17.operation_17");
  const ran = await client.call("workflow.start", { definitionId: hit.id, input: { target: "x" } });
  expect(tokens(found.body) + tokens(ran.body)).toBeLessThan(2000);
});

test("a request of 100 KB gets a small answer whose next page can be asked for [R-SIZE-1]", async () => {
  const query = "operation on the things of an area ".repeat(3_000);
  const { body } = await client.call("gateway.search", { query });
  expect(body.items.length).toBe(5);
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(24_000);
  const { args } = body.links.find(({ rel }: any) => rel === "next");
  const next = (await client.call("gateway.search", args)).body;
  expect(next.total).toBe(body.total);
  expect(next.items[0].id).not.toBe(body.items[0].id);
});
