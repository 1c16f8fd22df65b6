import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { realServers, serverEntry } from "../harness/configs.ts";
import {
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const folder = temporaryFolder();
let gateway: GatewayProcess;
let client: TestClient;
let direct: Client;

beforeAll(async () => {
  writeFileSync(join(folder.path, "note.txt"), "forty-two words, nearly");
  gateway = await startHttpGateway(writeConfig(folder.path, realServers(folder.path)));
  client = await connectClient({ url: gateway.url }, "2026-07-28");
  direct = new Client({ name: "direct", version: "1.0.0" });
  await direct.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [serverEntry("everything"), "stdio"],
      stderr: "ignore",
    }),
  );
});
afterAll(async () => {
  await direct.close();
  await client.close();
  await gateway.stop();
  folder[Symbol.dispose]();
});

async function list(kind: string): Promise<readonly any[]> {
  const items: any[] = [];
  let args: any = { query: "", kind, limit: 50 };
  while (args !== undefined) {
    const { body } = await client.call("gateway.search", args);
    items.push(...body.items);
    args = body.links.find(({ rel }: { rel: string }) => rel === "next")?.args;
  }
  return items;
}

test("every tool of a server comes in, but for those that the import leaves out [R-IMPORT-1]", async () => {
  const tools = (await direct.listTools()).tools.map(({ name }) => name).filter((name) => name !== "get-env");
  const items = await list("capability");
  expect(
    items
      .map(({ id }) => id)
      .filter((id) => id.startsWith("every."))
      .sort(),
  ).toEqual(tools.map((name) => `every.${name}`).sort());
  const files = items.filter(({ id }) => id.startsWith("fs."));
  expect(files.length).toBeGreaterThan(2);
  for (const { id, tags } of files) {
    expect(id).toMatch(/^fs\.(read_.*|list_directory)$/);
    expect(tags).toEqual(["files"]);
  }
});

test("a dead server does not stop the start and is named in the log [R-IMPORT-2]", async () => {
  expect(gateway.stderr()).toMatch(/connection "dead" cannot be listed.*command of dead was not found/);
  const { body } = await client.call("gateway.home");
  expect(body.counts).toMatchObject({ connections: 3 });
});

test("structured content, text and images come back as the server gave them [R-IMPORT-3]", async () => {
  const weather = { location: "New York" };
  const expected = await direct.callTool({ name: "get-structured-content", arguments: weather });
  const structured = await client.call("workflow.start", {
    definitionId: "every.get-structured-content",
    input: weather,
  });
  expect(structured.body.result.output).toEqual(expected.structuredContent);

  const sum = await client.call("workflow.start", { definitionId: "every.get-sum", input: { a: 2, b: 3 } });
  expect(sum.body.result.output.text).toBe("The sum of 2 and 3 is 5.");

  const image = await direct.callTool({ name: "get-tiny-image", arguments: {} });
  const shown = await client.call("workflow.start", { definitionId: "every.get-tiny-image", input: {} });
  expect(shown.body.result.status).toBe("completed");
  const got = await client.call("workflow.get", {
    workflowId: shown.body.workflow.id,
    path: "$.output.content",
    limit: 100_000,
  });
  expect(got.body.value ?? JSON.parse(got.body.text)).toEqual(image.content);
});

test("a file is read through the filesystem server", async () => {
  const read = await client.call("workflow.start", {
    definitionId: "fs.read_text_file",
    input: { path: join(folder.path, "note.txt") },
  });
  expect(JSON.stringify(read.body.result.output)).toContain("forty-two words, nearly");
});

test("an error of the tool is an executor failure that offers the call again [R-RUN-3]", async () => {
  const input = { path: join(folder.path, "missing.txt") };
  const failed = await client.call("workflow.start", { definitionId: "fs.read_text_file", input });
  expect(failed.isError).toBe(true);
  expect(failed.body.result.status).toBe("failed");
  expect(failed.body.error).toMatchObject({ code: "EXECUTOR_FAILED", attemptedTransition: "run" });
  expect(failed.body.workflow.state).toBe("ready");
  const [link] = failed.body.links;
  expect(link).toMatchObject({ rel: "run", method: "workflow.submit", args: { arguments: input } });
  writeFileSync(input.path, "now it is there");
  const again = await client.call(link.method, link.args);
  expect(again.body.result.status).toBe("completed");
  expect(JSON.stringify(again.body.result.output)).toContain("now it is there");
});

test("a wrong argument is refused with its name before anything runs", async () => {
  const answer = await client.call("workflow.start", {
    definitionId: "every.get-sum",
    input: { a: "two", b: 3 },
  });
  expect(answer.body.error.code).toBe("INPUT_SCHEMA_VIOLATION");
  expect(JSON.stringify(answer.body.error.details)).toContain("/a");
});

test("proxy_default offers the capabilities, runs one by name and returns to ready [R-RUN-2]", async () => {
  const started = await client.call("workflow.start", {});
  expect(started.body.workflow).toMatchObject({ definitionId: "proxy_default", state: "ready" });
  expect(started.body.links.length).toBeLessThanOrEqual(21);
  expect(
    started.body.links.every(({ inputSchema }: { inputSchema?: unknown }) => inputSchema === undefined),
  ).toBe(true);
  const ran = await client.call("workflow.submit", {
    workflowId: started.body.workflow.id,
    expectedVersion: started.body.workflow.version,
    transition: "every.echo",
    arguments: { message: "through the session" },
  });
  expect(ran.body.result.status).toBe("executed");
  expect(JSON.stringify(ran.body.result.output)).toContain("through the session");
  expect(ran.body.workflow.state).toBe("ready");
});

test("progress of a long tool reaches the caller", async () => {
  const seen: (string | undefined)[] = [];
  await client.call(
    "workflow.start",
    { definitionId: "every.trigger-long-running-operation", input: { duration: 1, steps: 4 } },
    { onProgress: (message) => seen.push(message) },
  );
  expect(seen.length).toBeGreaterThan(0);
});

test("an imported tool does not take a name that is taken (F55) [R-IMPORT-4]", async () => {
  using other = temporaryFolder();
  const config = writeConfig(
    other.path,
    `version: "1.0.0"
connections:
  everything: { kind: mcp, command: node, args: ["${serverEntry("everything")}", stdio] }
proxy:
  expose:
    - { name: echo, description: ours, executor: { kind: noop }, guards: [{ kind: role, role: admin }] }
  import:
    - { connection: everything }
`,
  );
  await using guarded = await startHttpGateway(config);
  const caller = await connectClient({ url: guarded.url }, "2026-07-28");
  const { body } = await caller.call("gateway.describe", { id: "echo" });
  expect(body).toMatchObject({ description: "ours", guards: [expect.stringContaining("admin")] });
  await waitFor(() =>
    /tool "echo" of connection "everything" is left out/.test(guarded.stderr()) ? true : undefined,
  );
  await caller.close();
});

test("describe gives the whole schema, says that the text is the server's, and hides how it is reached [R-SEARCH-3]", async () => {
  const { body } = await client.call("gateway.describe", { id: "every.get-sum" });
  const listed = (await direct.listTools()).tools.find(({ name }) => name === "get-sum");
  expect(body.inputSchema).toEqual(listed?.inputSchema);
  expect(body).toMatchObject({
    id: "every.get-sum",
    kind: "capability",
    untrusted: true,
    tags: ["demo"],
    guards: [],
  });
  const connection = await client.call("gateway.describe", { id: "connection:everything" });
  for (const text of [JSON.stringify(body), JSON.stringify(connection.body)]) {
    expect(text).not.toContain(serverEntry("everything"));
    expect(text).not.toContain("command");
  }
});
