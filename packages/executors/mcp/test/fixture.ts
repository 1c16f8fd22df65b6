import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type {
  Clock,
  ConnectionIr,
  ExecutorContext,
  Log,
  LogFields,
  McpHttpConnectionIr,
  McpStdioConnectionIr,
} from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createMcpConnections } from "@mcp-flowgate/executor-mcp";
import type { McpConnections, McpLifecycleEvent, McpTimeouts } from "@mcp-flowgate/executor-mcp";
import type { AddressPolicy } from "@mcp-flowgate/outbound";
import { afterEach, vi } from "vitest";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface Fixture {
  readonly connections: McpConnections;
  readonly lines: readonly LogLine[];
  readonly events: readonly McpLifecycleEvent[];
  /** The directory that `reconfigure` reads. */
  readonly directory: Map<string, ConnectionIr>;
}

const open: McpConnections[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((connections) => connections.close()));
});

export interface FixtureOptions {
  readonly clock?: Clock;
  readonly timeouts?: Partial<McpTimeouts>;
  readonly hostEnv?: { readonly [name: string]: string };
  readonly addresses?: AddressPolicy;
}

/** Real connections, closed after the test. */
export function createFixture(connections: readonly ConnectionIr[], options: FixtureOptions = {}): Fixture {
  const fixture = openFixture(connections, options);
  open.push(fixture.connections);
  return fixture;
}

/** Real connections that whoever asks for them closes. */
export function openFixture(connections: readonly ConnectionIr[], options: FixtureOptions = {}): Fixture {
  const directory = new Map(connections.map((connection) => [connection.name, connection]));
  const lines: LogLine[] = [];
  const events: McpLifecycleEvent[] = [];
  const made = createMcpConnections({
    directory: { get: (name) => directory.get(name) },
    hostEnv: options.hostEnv ?? { PATH: process.env["PATH"] },
    log: createLog(lines),
    clock: options.clock ?? systemClock,
    clientInfo: { name: "test", version: "1.0.0" },
    timeouts: { healthMs: 500, ...options.timeouts },
    ...(options.addresses === undefined ? {} : { addresses: options.addresses }),
  });
  made.onLifecycle((event) => events.push(event));
  return { connections: made, lines, events, directory };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A child of this Node that runs a file. */
export function toChild(
  name: string,
  file: string,
  args: readonly string[] = [],
  rest: Partial<McpStdioConnectionIr> = {},
): McpStdioConnectionIr {
  return {
    kind: "mcp",
    transport: "stdio",
    name,
    tags: [],
    command: process.execPath,
    args: [file, ...args],
    env: {},
    inheritEnv: ["PATH"],
    ...rest,
  };
}

export const DUAL_SERVER: string = fileURLToPath(new URL("servers/dual-server.mjs", import.meta.url));
export const ROUGH_SERVER: string = fileURLToPath(new URL("servers/rough-server.mjs", import.meta.url));

export function toEndpoint(
  name: string,
  url: string,
  rest: Partial<McpHttpConnectionIr> = {},
): McpHttpConnectionIr {
  return { kind: "mcp", transport: "http", name, tags: [], url, headers: {}, ...rest };
}

/** A signal that no test should live to see abort. */
export function inTime(ms = 20_000): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(ms) };
}

export function toContext(rest: Partial<ExecutorContext> = {}): ExecutorContext {
  return {
    workflowId: "wf_1",
    definitionId: "definition",
    transition: "go",
    idempotencyKey: "wf_1.0.go.abc",
    attempt: 1,
    deadlineAt: Date.now() + 20_000,
    signal: AbortSignal.timeout(20_000),
    principal: ANONYMOUS,
    correlationId: "cor_1",
    ...rest,
  };
}

/** Calls a tool and gives its text. */
export async function textOf(
  connections: Pick<McpConnections, "call">,
  connection: string,
  tool: string,
  input: { readonly [name: string]: string | number } = {},
  signal: AbortSignal = inTime().signal,
): Promise<string> {
  const result = await connections.call(connection, { tool, arguments: input, meta: {}, signal });
  if (!result.ok)
    throw new Error(`${result.error.effect} ${result.error.errorClass}: ${result.error.message}`);
  const [block] = result.value["content"] as readonly { readonly text: string }[];
  return block?.text ?? "";
}

export async function eventually(check: () => boolean, timeout = 10_000): Promise<void> {
  await vi.waitUntil(check, { timeout, interval: 10 });
}

/** Whether a process runs: one that has ended and was not collected yet does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

function createLog(lines: LogLine[]): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
