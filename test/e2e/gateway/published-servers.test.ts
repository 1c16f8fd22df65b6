import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

/** A published server, and calls whose results depend on nothing but the arguments and earlier calls. */
interface Published {
  readonly name: string;
  readonly package: string;
  /** `folder` is the server's own; both sides have one with the same content. */
  readonly args?: (folder: string) => readonly string[];
  readonly env?: (folder: string) => { readonly [name: string]: string };
  readonly calls: (folder: string) => readonly (readonly [tool: string, args: JsonObject])[];
}

const SERVERS: readonly Published[] = [
  {
    name: "everything",
    package: "@modelcontextprotocol/server-everything",
    args: () => ["stdio"],
    calls: () => [
      ["echo", { message: "ü €" }],
      ["get-structured-content", { location: "Chicago" }],
      ["get-tiny-image", {}],
      ["get-annotated-message", { messageType: "error", includeImage: true }],
      ["get-resource-links", { count: 3 }],
      ["get-resource-reference", { resourceType: "Text", resourceId: 1 }],
    ],
  },
  {
    name: "filesystem",
    package: "@modelcontextprotocol/server-filesystem",
    args: () => [shared()],
    calls: () => [
      ["read_text_file", { path: join(shared(), "note.txt") }],
      ["list_directory", { path: shared() }],
      ["read_multiple_files", { paths: [join(shared(), "note.txt"), join(shared(), "missing.txt")] }],
    ],
  },
  {
    name: "memory",
    package: "@modelcontextprotocol/server-memory",
    env: (folder) => ({ MEMORY_FILE_PATH: join(folder, "memory.jsonl") }),
    calls: () => [
      ["create_entities", { entities: [{ name: "Ada", entityType: "person", observations: ["counts"] }] }],
      ["read_graph", {}],
      ["search_nodes", { query: "ada" }],
    ],
  },
  {
    name: "thinking",
    package: "@modelcontextprotocol/server-sequential-thinking",
    calls: () => [
      ["sequentialthinking", { thought: "one", nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 2 }],
      [
        "sequentialthinking",
        { thought: "two", nextThoughtNeeded: false, thoughtNumber: 2, totalThoughts: 2 },
      ],
    ],
  },
  {
    name: "git",
    package: "@cyanheads/git-mcp-server",
    calls: () => [
      ["git_status", { path: shared() }],
      ["git_diff", { path: shared() }],
    ],
  },
  {
    name: "tasks",
    package: "@kazuph/mcp-taskmanager",
    env: (folder) => ({ TASK_MANAGER_FILE_PATH: join(folder, "tasks.json") }),
    calls: () => [
      ["request_planning", { originalRequest: "Tidy", tasks: [{ title: "a", description: "b" }] }],
      ["get_next_task", { requestId: "req-1" }],
      ["list_requests", {}],
    ],
  },
  {
    name: "hello",
    package: "mcp-hello-world",
    calls: () => [
      ["echo", { message: "hello" }],
      ["add", { a: 2, b: 40 }],
    ],
  },
  {
    name: "time",
    package: "time-mcp",
    calls: () => [
      ["days_in_month", { date: "2024-02-01" }],
      ["convert_time", { sourceTimezone: "UTC", targetTimezone: "Asia/Tokyo", time: "2025-01-02 03:04:05" }],
      ["get_week_year", { date: "2025-01-02" }],
    ],
  },
];

const require = createRequire(import.meta.url);
const folder = temporaryFolder();
const shared = (): string => join(folder.path, "shared");
let gateway: GatewayProcess;
let client: TestClient;

beforeAll(async () => {
  for (const side of ["direct", "gateway"])
    for (const { name } of SERVERS) mkdirSync(join(folder.path, side, name), { recursive: true });
  mkdirSync(shared());
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", shared()]);
  writeFileSync(join(shared(), "note.txt"), "forty-two words, nearly\n");
  const connections = SERVERS.map((server) => {
    const { args, env } = commandOf(server, "gateway");
    return `  ${server.name}: ${JSON.stringify({ kind: "mcp", command: process.execPath, args, env })}`;
  });
  const imports = SERVERS.map(({ name }) => `    - { connection: ${name}, prefix: ${name} }`);
  gateway = await startHttpGateway(
    writeConfig(
      folder.path,
      `version: "1.0.0"
connections:
${connections.join("\n")}
proxy:
  import:
${imports.join("\n")}
limits: { responseBytes: 200KiB }
`,
    ),
  );
  client = await connectClient({ url: gateway.url }, "2026-07-28");
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  folder[Symbol.dispose]();
});

/** The published command of a server. */
function commandOf(server: Published, side: "direct" | "gateway") {
  const own = join(folder.path, side, server.name);
  const manifest = findManifest(server.package);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly bin: string | { readonly [name: string]: string };
  };
  const file = typeof bin === "string" ? bin : (Object.values(bin)[0] ?? "");
  return {
    args: [join(dirname(manifest), file), ...(server.args?.(own) ?? [])],
    env: { HOME: own, ...server.env?.(own) },
  };
}

function findManifest(name: string): string {
  const found = (require.resolve.paths(name) ?? [])
    .map((path) => join(path, name, "package.json"))
    .find((path) => {
      try {
        return readFileSync(path).length > 0;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

/** What the gateway says it makes of a result: structured content, else its blocks, their text and that as JSON. */
function toOutput(result: any): { readonly output: Json; readonly blocks: readonly JsonObject[] } {
  const text = result.content
    .filter(({ type }: any) => type === "text")
    .map((block: any) => block.text)
    .join("\n");
  const blocks = result.content.filter(({ data }: any) => data !== undefined);
  return result.structuredContent === undefined
    ? { output: { content: result.content, text, json: parse(text) }, blocks }
    : { output: result.structuredContent, blocks };
}

/** The output as it was kept: an answer shows large blocks as content of its own. */
async function readOutput({ workflow }: any): Promise<Json> {
  const { body } = await client.call("workflow.get", {
    workflowId: workflow.id,
    path: "$.output",
    limit: 100_000,
  });
  return body.value ?? (JSON.parse(body.text) as Json);
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

test.for(SERVERS)(
  "$package is listed and called through the gateway as directly [R-IMPORT-5]",
  async (server) => {
    const direct = new Client({ name: "direct", version: "1.0.0" });
    const { args, env } = commandOf(server, "direct");
    await direct.connect(
      new StdioClientTransport({
        command: process.execPath,
        args,
        env: { PATH: process.env["PATH"] ?? "", ...env },
        stderr: "ignore",
      }),
    );
    const { tools } = await direct.listTools();
    expect(tools.length).toBeGreaterThan(0);
    for (const tool of tools) {
      const { body } = await client.call("gateway.describe", { id: `${server.name}.${tool.name}` });
      // The direct client gives a schema its keys in another order.
      expect(body.inputSchema).toEqual(tool.inputSchema);
    }
    for (const [tool, input] of server.calls(folder.path)) {
      const result: any = await direct.callTool({ name: tool, arguments: input });
      const called = await client.call("workflow.start", { definitionId: `${server.name}.${tool}`, input });
      expect(result.isError ?? false, tool).toBe(false);
      const expected = toOutput(result);
      expect(JSON.stringify(await readOutput(called.body)), tool).toBe(JSON.stringify(expected.output));
      expect(JSON.stringify(called.content.slice(1)), tool).toBe(JSON.stringify(expected.blocks));
    }
    await direct.close();
  },
);
