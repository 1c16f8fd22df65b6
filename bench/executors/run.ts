/**
 * What the connections and the executor add to a call of an MCP server, in one run on one machine:
 * 1. a call through `createMcpExecutor` beside the same call by the SDK's client, alternating, one at a time;
 *    and through the whole gateway over stdio;
 * 2. 64 calls at once to a tool that takes 200 ms;
 * 3. the memory of 50 idle connections, beside their children;
 * 4. restarts: servers killed without warning and started again by the next call, and what is left afterwards.
 *
 * Usage: `node --conditions=@mcp-flowgate/source bench/executors/run.ts [calls] [restarts]`
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, ExecutorContext, McpStdioConnectionIr } from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createMcpConnections, createMcpExecutor } from "@mcp-flowgate/executor-mcp";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const calls = Number(process.argv[2] ?? 2000);
const restarts = Number(process.argv[3] ?? 100);
const GATEWAY = fileURLToPath(new URL("../../apps/gateway/bin/mcp-flowgate.mjs", import.meta.url));
const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));
/** Marks the children of this run among all processes. */
const MARK = `bench-${process.pid}`;

const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`);
// First, while this process has not grown for other reasons.
await measureIdleMemory();
await measureOverhead();
await measureGateway();
await measureConcurrency();
await measureRestarts();

async function measureOverhead(): Promise<void> {
  for (const era of ["modern", "legacy"] as const) {
    const connections = open(1);
    const executor = createMcpExecutor({ connections });
    const direct = new Client(
      { name: "direct", version: "1.0.0" },
      era === "modern" ? { versionNegotiation: { mode: { pin: "2026-07-28" } } } : {},
    );
    await direct.connect(
      new StdioClientTransport({ command: process.execPath, args: [SERVER, MARK], stderr: "ignore" }),
    );
    const input = { message: "hello", list: [1, 2, 3] };
    const one = {
      direct: async () => void (await direct.callTool({ name: "echo", arguments: input })),
      executor: async () => {
        const call = { kind: "mcp", connection: "server-0", tool: "echo", arguments: input } as const;
        const outcome = await executor.execute(call, toContext());
        if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
      },
    };
    const times = { direct: [] as number[], executor: [] as number[] };
    for (let index = -200; index < calls; index++) {
      for (const way of ["direct", "executor"] as const) {
        const before = performance.now();
        await one[way]();
        if (index >= 0) times[way].push(performance.now() - before);
      }
    }
    const added = quantile(times.executor, 0.5) - quantile(times.direct, 0.5);
    console.log(
      `one call at a time (direct client: ${era}, executor: ${connections.status()[0]?.era}): ` +
        `direct p50 ${toMs(quantile(times.direct, 0.5))} p99 ${toMs(quantile(times.direct, 0.99))}, ` +
        `executor p50 ${toMs(quantile(times.executor, 0.5))} p99 ${toMs(quantile(times.executor, 0.99))}, ` +
        `added p50 ${toMs(added)}`,
    );
    await direct.close();
    await connections.close();
  }
}

/** The same tool by `workflow.start` of a gateway, which journals every call, beside the tool itself. */
async function measureGateway(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
  const config = join(folder, "gateway.json");
  const server = { kind: "mcp", command: process.execPath, args: [SERVER, MARK] };
  const proxy = { import: [{ connection: "server", prefix: "s" }] };
  writeFileSync(config, JSON.stringify({ version: "1.0.0", connections: { server }, proxy }));
  const connect = async (args: readonly string[]): Promise<Client> => {
    const client = new Client(
      { name: "bench", version: "1.0.0" },
      { versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [...args], stderr: "ignore" }),
    );
    return client;
  };
  const direct = await connect([SERVER, MARK]);
  const gateway = await connect([GATEWAY, "serve", "-c", config, "--transport", "stdio"]);
  const input = { message: "hello", list: [1, 2, 3] };
  const ways = {
    direct: () => direct.callTool({ name: "echo", arguments: input }),
    gateway: () => gateway.callTool({ name: "workflow.start", arguments: { definitionId: "s.echo", input } }),
  };
  const times = { direct: [] as number[], gateway: [] as number[] };
  for (let index = -200; index < calls; index++) {
    for (const way of ["direct", "gateway"] as const) {
      const before = performance.now();
      const result = await ways[way]();
      if (result.isError === true) throw new Error(JSON.stringify(result.content));
      if (index >= 0) times[way].push(performance.now() - before);
    }
  }
  const [alone, through] = [quantile(times.direct, 0.5), quantile(times.gateway, 0.5)];
  console.log(
    `one call at a time: direct p50 ${toMs(alone)}, through the gateway p50 ${toMs(through)}, ` +
      `added p50 ${toMs(through - alone)} (${(through / alone).toFixed(1)} times)`,
  );
  await direct.close();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measureConcurrency(): Promise<void> {
  const connections = open(1);
  await call(connections, "server-0", "echo", {});
  const before = performance.now();
  await Promise.all(Array.from({ length: 64 }, () => call(connections, "server-0", "slow", { ms: 200 })));
  console.log(`64 calls at once to a tool that takes 200 ms: ${toMs(performance.now() - before)}`);
  await connections.close();
}

async function measureIdleMemory(): Promise<void> {
  const count = 50;
  const connections = open(count);
  await call(connections, "server-0", "echo", {});
  collect();
  const before = process.memoryUsage.rss();
  for (let index = 1; index < count; index++) await call(connections, `server-${index}`, "echo", {});
  const ready = connections.status().filter(({ state }) => state === "ready").length;
  if (ready !== count) throw new Error(`${ready} of ${count} connections are ready`);
  collect();
  const each = (process.memoryUsage.rss() - before) / (count - 1) / 1024 / 1024;
  console.log(`${count} idle connections: ${each.toFixed(2)} MB each in this process, children not counted`);
  await connections.close();
}

async function measureRestarts(): Promise<void> {
  const connections = open(1);
  const times: number[] = [];
  let unknown = 0;
  for (let index = 0; index < restarts; index++) {
    const before = performance.now();
    for (;;) {
      const result = await call(connections, "server-0", "echo", {});
      if (result) break;
      unknown++;
    }
    times.push(performance.now() - before);
    const pid = connections.status()[0]?.pid;
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }
  await connections.close();
  const left = countChildren();
  console.log(
    `${restarts} restarts: p50 ${toMs(quantile(times, 0.5))} from call to answer, ` +
      `${unknown} calls lost on the way, ${left} processes left`,
  );
  if (left > 0) process.exitCode = 1;
}

async function call(
  connections: McpConnections,
  connection: string,
  tool: string,
  input: { readonly [name: string]: number },
): Promise<boolean> {
  const signal = AbortSignal.timeout(30_000);
  const result = await connections.call(connection, { tool, arguments: input, meta: {}, signal });
  return result.ok;
}

function open(count: number): McpConnections {
  const servers = Array.from({ length: count }, (_, index): McpStdioConnectionIr => {
    return {
      kind: "mcp",
      transport: "stdio",
      name: `server-${index}`,
      tags: [],
      command: process.execPath,
      args: [SERVER, MARK],
      env: {},
      inheritEnv: ["PATH"],
    };
  });
  const quiet = (): void => undefined;
  return createMcpConnections({
    directory: { get: (name) => servers.find((server) => server.name === name) },
    hostEnv: process.env,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: systemClock,
    clientInfo: { name: "bench", version: "1.0.0" },
  });
}

function toContext(): ExecutorContext {
  return {
    workflowId: "wf_1",
    definitionId: "definition",
    transition: "go",
    idempotencyKey: "wf_1.0.go.abc",
    attempt: 1,
    deadlineAt: Date.now() + 30_000,
    signal: AbortSignal.timeout(30_000),
    principal: ANONYMOUS,
    correlationId: "cor_1",
  };
}

/** Processes of this run that still exist, by their command lines. */
function countChildren(): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(MARK);
    } catch {
      return false;
    }
  }).length;
}

function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function toMs(value: number): string {
  return `${value.toFixed(2)} ms`;
}
