import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createMcpExecutor } from "@mcp-flowgate/executor-mcp";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, describe, expect, test } from "vitest";
import {
  createFixture,
  DUAL_SERVER,
  eventually,
  inTime,
  isAlive,
  openFixture,
  ROUGH_SERVER,
  textOf,
  toChild,
  toContext,
} from "./fixture.ts";

const require = createRequire(import.meta.url);
const EVERYTHING = join(
  dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);
const FILESYSTEM = join(
  dirname(require.resolve("@modelcontextprotocol/server-filesystem/package.json")),
  "dist/index.js",
);

describe("published servers", () => {
  test("list the same tools and answer the same as to a direct client", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flowgate-"));
    writeFileSync(join(folder, "a.txt"), "content of a\n");
    const { connections } = createFixture([
      toChild("everything", EVERYTHING, ["stdio"]),
      toChild("files", FILESYSTEM, [folder]),
    ]);
    const questions = [
      ["everything", "echo", { message: "grüße" }],
      ["everything", "get-structured-content", { location: "Chicago" }],
      ["everything", "get-tiny-image", {}],
      ["everything", "get-annotated-message", { messageType: "error", includeImage: true }],
      ["everything", "get-resource-links", { count: 3 }],
      ["everything", "get-resource-reference", { resourceType: "Text", resourceId: 1 }],
      ["everything", "echo", { message: 7 }],
      ["files", "read_text_file", { path: join(folder, "a.txt") }],
      ["files", "read_text_file", { path: "/etc/passwd" }],
    ] as const;
    const direct = {
      everything: await connectDirectly(EVERYTHING, "stdio"),
      files: await connectDirectly(FILESYSTEM, folder),
    };
    try {
      for (const name of ["everything", "files"] as const) {
        const listed = await connections.listTools(name, inTime());
        const expected = await direct[name].listTools();
        expect(listed.ok && listed.value.problems).toEqual([]);
        expect(listed.ok && listed.value.tools.map(({ name }) => name)).toEqual(
          expected.tools.map(({ name }) => name),
        );
        expect(listed.ok && listed.value.tools.map((tool) => tool.inputSchema)).toEqual(
          expected.tools.map((tool) => tool.inputSchema),
        );
      }
      for (const [name, tool, input] of questions) {
        const result = await connections.call(name, { tool, arguments: input, meta: {}, ...inTime() });
        const expected = await direct[name].callTool({ name: tool, arguments: input });
        // One resource of the example server tells the time of day.
        const mask = (value: unknown): string => JSON.stringify(value).replaceAll(/\d+:\d\d:\d\d/g, "<time>");
        expect(result.ok && mask(result.value)).toBe(mask(expected));
      }
    } finally {
      await Promise.all(Object.values(direct).map((client) => client.close()));
    }
  });
});

describe("a session", () => {
  test("is started by the first call, once, however many come at the same time (F35)", async () => {
    const journal = join(mkdtempSync(join(tmpdir(), "flowgate-")), "pids");
    const { connections, events } = createFixture([toChild("rough", ROUGH_SERVER, ["plain", journal])]);
    expect(connections.status()).toEqual([]);
    const pids = await Promise.all(
      Array.from({ length: 20 }, () => textOf(connections, "rough", "anything")),
    );
    expect(new Set(pids).size).toBe(1);
    expect(readFileSync(journal, "utf8").trim().split("\n")).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(["started"]);
  });

  test.for([
    ["dual", toChild("server", DUAL_SERVER), "modern"],
    ["old", toChild("server", ROUGH_SERVER, ["plain"]), "legacy"],
    ["one that ends when asked for its era", toChild("server", ROUGH_SERVER, ["ends-at-question"]), "legacy"],
  ] as const)("reaches a server of either era: %s", async ([, connection, era]) => {
    const { connections } = createFixture([connection]);
    const listed = await connections.listTools("server", inTime());
    expect(listed.ok && listed.value.tools.length).toBeGreaterThan(0);
    expect(connections.status()).toMatchObject([{ name: "server", state: "ready", era }]);
  });

  test("waits for a server that is silent when asked for its era once, and not again after a restart", async () => {
    const { connections } = createFixture([toChild("silent", ROUGH_SERVER, ["silent-at-question"])], {
      timeouts: { probeMs: 2000 },
    });
    const before = performance.now();
    const first = Number(await textOf(connections, "silent", "anything"));
    const asked = performance.now() - before;
    process.kill(first, "SIGKILL");
    await eventually(() => connections.status()[0]?.state !== "ready");
    const again = performance.now();
    expect(Number(await textOf(connections, "silent", "anything"))).not.toBe(first);
    expect(asked).toBeGreaterThan(2000);
    expect(performance.now() - again).toBeLessThan(2000);
  });

  test("gets the listed variables and its own, and no others", async () => {
    const { connections } = createFixture(
      [toChild("dual", DUAL_SERVER, [], { inheritEnv: ["PATH", "NOT_SET"], env: { OWN: "1" } })],
      { hostEnv: { PATH: process.env["PATH"] ?? "", GATEWAY_SECRET: "canary" } },
    );
    const result = await connections.call("dual", { tool: "env", arguments: {}, meta: {}, ...inTime() });
    expect(result.ok && Object.keys(result.value["structuredContent"] ?? {}).sort()).toEqual(["OWN", "PATH"]);
  });

  test("writes its standard error to the log, line by line, with its name", async () => {
    const { connections, lines } = createFixture([toChild("dual", DUAL_SERVER)]);
    await textOf(connections, "dual", "slow", { ms: 1 });
    await eventually(() => lines.some(({ fields }) => fields["line"] === "slow begins"));
    expect(lines.find(({ fields }) => fields["line"] === "slow begins")?.fields["connection"]).toBe("dual");
  });
});

describe("the executor", () => {
  const { connections } = openFixture([toChild("dual", DUAL_SERVER)]);
  afterAll(() => connections.close());

  const execute = async (tool: string, rest: Parameters<typeof toContext>[0] = {}, input = {}) => {
    return await createMcpExecutor({ connections }).execute(
      { kind: "mcp", connection: "dual", tool, arguments: input },
      toContext(rest),
    );
  };

  test("gives the structured content, and beside it the blocks that it does not hold", async () => {
    expect(await execute("structured")).toMatchObject({
      status: "succeeded",
      output: { ok: true, nested: { list: [1, null, "ü"] } },
      content: [{ type: "resource_link", uri: "file:///a.txt", name: "a" }],
      evidence: [{ kind: "mcp_tool_result", outcome: "success" }],
    });
  });

  test("gives content, text and JSON where there is no structured content", async () => {
    expect(await execute("picture")).toMatchObject({
      status: "succeeded",
      output: {
        content: [{ type: "text" }, { type: "image", data: "iVBORw0KGgo=" }, { type: "resource" }],
        text: "a dot",
        json: null,
      },
    });
    const seen: unknown[] = [];
    expect(await execute("progress", { onProgress: (progress) => seen.push(progress) })).toMatchObject({
      output: { text: "[1,2]", json: [1, 2] },
    });
    expect(seen).toContainEqual({ progress: 1, total: 3, message: "step 1" });
  });

  test("reports a result that is marked as an error as a definite, permanent failure with its text", async () => {
    expect(await execute("fail")).toMatchObject({
      status: "failed",
      effect: "failed",
      errorClass: "permanent",
      message: "dual.fail failed: the disk is full",
      evidence: [{ kind: "mcp_tool_result", outcome: "failure" }],
    });
  });

  test("sends idempotency key and trace context in the request's metadata and not as arguments (F36)", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const outcome = await execute("meta", { idempotencyKey: "key-1", traceparent });
    expect(outcome).toMatchObject({ output: { "mcp-flowgate/idempotencyKey": "key-1", traceparent } });
    expect(await execute("echo", {}, { a: 1 })).toMatchObject({ output: { json: { a: 1 } } });
  });

  test.for([
    [-32602, "permanent"],
    [-32601, "permanent"],
    [-32603, "transient_error"],
    [-32000, "transient_error"],
    [-32002, "permanent"],
    [42, "permanent"],
  ] as const)("classes a JSON-RPC error by its code: %i is %s (F34)", async ([code, errorClass]) => {
    expect(await execute("breaks", {}, { code })).toMatchObject({
      status: "failed",
      effect: "failed",
      errorClass,
    });
  });

  test("says not_sent for a connection or a command that does not exist, with the connection's name", async () => {
    const { connections } = createFixture([toChild("gone", "x", [], { command: "no-such-command-here" })]);
    const executor = createMcpExecutor({ connections });
    const call = { kind: "mcp", tool: "t", arguments: {} } as const;
    expect(await executor.execute({ ...call, connection: "other" }, toContext())).toMatchObject({
      effect: "not_sent",
      errorClass: "permanent",
    });
    expect(await executor.execute({ ...call, connection: "gone" }, toContext())).toEqual({
      status: "failed",
      effect: "not_sent",
      errorClass: "connection_error",
      message: "The command of gone was not found.",
    });
  });
});

describe("cancelling", () => {
  test.for([
    ["modern", []],
    ["legacy", ["old"]],
  ] as const)("reaches the server's own work: %s", async ([era, args]) => {
    const { connections, lines } = createFixture([toChild("dual", DUAL_SERVER, args)]);
    const cancel = new AbortController();
    const calling = connections.call("dual", {
      tool: "slow",
      arguments: {},
      meta: {},
      signal: cancel.signal,
    });
    await eventually(() => lines.some(({ fields }) => fields["line"] === "slow begins"));
    cancel.abort();
    expect(await calling).toMatchObject({ ok: false, error: { effect: "unknown", errorClass: "timeout" } });
    await eventually(() => lines.some(({ fields }) => fields["line"] === "slow was cancelled"));
    expect(await textOf(connections, "dual", "echo", { still: era })).toBe(`{"still":"${era}"}`);
    expect(connections.status()).toMatchObject([{ era, starts: 1 }]);
  });

  test("before anything was sent says not_sent", async () => {
    const { connections } = createFixture([toChild("mute", ROUGH_SERVER, ["mute"])]);
    const result = await connections.call("mute", {
      tool: "t",
      arguments: {},
      meta: {},
      signal: AbortSignal.timeout(300),
    });
    expect(result).toMatchObject({ ok: false, error: { effect: "not_sent", errorClass: "timeout" } });
  });
});

describe("ending", () => {
  test("ends every child, the one that ignores its closed input and SIGTERM too", async () => {
    const { connections } = createFixture([
      toChild("polite", ROUGH_SERVER, ["plain"]),
      toChild("stubborn", ROUGH_SERVER, ["unstoppable"]),
    ]);
    const pids = [await textOf(connections, "polite", "t"), await textOf(connections, "stubborn", "t")].map(
      Number,
    );
    await connections.close();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test("does not wait for a server that never answers", async () => {
    const { connections } = createFixture([toChild("mute", ROUGH_SERVER, ["mute"])]);
    const listing = connections.listTools("mute", inTime());
    await eventually(() => connections.status()[0]?.state === "starting");
    const before = performance.now();
    await connections.close();
    expect(performance.now() - before).toBeLessThan(4000);
    expect(await listing).toMatchObject({ ok: false });
  });
});

async function connectDirectly(file: string, ...args: readonly string[]): Promise<Client> {
  const client = new Client({ name: "direct", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [file, ...args], stderr: "ignore", env: {} }),
  );
  return client;
}
