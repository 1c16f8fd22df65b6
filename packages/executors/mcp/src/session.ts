import { setTimeout as wait } from "node:timers/promises";
import type {
  Client,
  FetchLike,
  Implementation,
  PriorDiscovery,
  StandardSchemaV1,
} from "@modelcontextprotocol/client";
import type {
  CallerCredentials,
  JsonObject,
  McpHttpConnectionIr,
  McpStdioConnectionIr,
} from "@mcp-flowgate/core";
import type { TokenSource } from "@mcp-flowgate/outbound";
import { toChildEnvironment } from "./child-environment.ts";
import type { HostEnvironment } from "./child-environment.ts";
import { createHttpTransport } from "./http-transport.ts";
import type { HttpTransport } from "./http-transport.ts";
import type { OrphanWatch } from "./orphan-watch.ts";
import { isSdkError, isSdkHttpError, loadSdk } from "./sdk.ts";
import type { ServerLog } from "./server-log.ts";
import { createStdioTransport } from "./stdio-transport.ts";
import type { ChildExit, StdioTransport } from "./stdio-transport.ts";

export type McpConnectionIr = McpStdioConnectionIr | McpHttpConnectionIr;

/** The longest message that a server may send. */
export const MAX_MESSAGE_BYTES: number = 32 * 1024 * 1024;

/** What an earlier start found out, so that the next need not ask again. */
export interface Verdict {
  readonly era: "legacy" | "modern";
  readonly transport: "stdio" | "streamable" | "sse";
  readonly foundAt: number;
}

/** One connected client. */
export interface Session {
  readonly client: Client;
  readonly verdict: Verdict;
  readonly protocolVersion: string;
  readonly pid?: number;
  readonly hasSessionId: () => boolean;
  /** How the child ended, once it has. */
  readonly exit: () => ChildExit | undefined;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly connection: McpConnectionIr;
  readonly hostEnv: HostEnvironment;
  readonly clientInfo: Implementation;
  readonly fetch: FetchLike;
  readonly tokens: TokenSource;
  readonly caller: CallerCredentials | undefined;
  readonly startTimeoutMs: number;
  readonly probeTimeoutMs: number;
  readonly verdict: Verdict | undefined;
  readonly orphans: OrphanWatch;
  /** Ends the attempt, and with it whatever it started. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Left out where nobody would act on it. */
  readonly onToolsChanged: (() => void) | undefined;
  readonly onClosed: () => void;
  readonly serverLog: ServerLog;
}

/** Accepts any object: what a server sends is passed on whole, and judged where it is used. */
export const ANY_RESULT: StandardSchemaV1<unknown, JsonObject> = {
  "~standard": {
    version: 1,
    vendor: "mcp-flowgate",
    validate: (value) => ({ value: value as JsonObject }),
  },
};

/**
 * Connects in the newest era that the server speaks. An unknown server is asked on the connection itself; one that does
 * not survive the question, or whose handshake fails after it, is started again and spoken to in the old era. An HTTP
 * endpoint that knows no Streamable HTTP is tried with the older transport.
 *
 * @throws the error of the last attempt.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const attempts = toAttempts(options);
  let last: unknown;
  for (const attempt of attempts) {
    if (last !== undefined && (options.signal.aborted || !attempt.after(last))) continue;
    try {
      return await connect(options, attempt);
    } catch (thrown) {
      last = thrown;
    }
  }
  throw last;
}

/** How long a server is given to hear that its session is over. */
const TERMINATE_MS = 1000;

interface Attempt {
  readonly transport: Verdict["transport"];
  /** Skips the question. */
  readonly legacy: boolean;
  /** Whether the error of the attempt before makes this one sensible. */
  readonly after: (error: unknown) => boolean;
}

function toAttempts({ connection, verdict }: SessionOptions): readonly Attempt[] {
  const always = (): boolean => true;
  if (connection.transport === "stdio") {
    if (verdict?.era === "legacy") return [{ transport: "stdio", legacy: true, after: always }];
    return [
      { transport: "stdio", legacy: false, after: always },
      { transport: "stdio", legacy: true, after: mayBeConfused },
    ];
  }
  if (verdict !== undefined)
    return [{ transport: verdict.transport, legacy: verdict.era === "legacy", after: always }];
  return [
    { transport: "streamable", legacy: false, after: always },
    { transport: "sse", legacy: true, after: knowsNoPost },
  ];
}

/** A child that ended at the question, or failed the handshake after it. */
function mayBeConfused(error: unknown): boolean {
  if (!isSdkError(error)) return error instanceof Error && !("errno" in error);
  return (error.code as string) !== "REQUEST_TIMEOUT";
}

function knowsNoPost(error: unknown): boolean {
  return isSdkHttpError(error) && [400, 404, 405, 406, 415, 501].includes(error.status);
}

async function connect(options: SessionOptions, attempt: Attempt): Promise<Session> {
  const { Client } = await loadSdk();
  const { transport, child, terminate } = await createTransport(options, attempt);
  const client = new Client(options.clientInfo, {
    capabilities: {},
    versionNegotiation: { mode: "auto", probe: { timeoutMs: options.probeTimeoutMs } },
    // Structured results are checked by whoever knows the capability, with a validator that hostile patterns cannot stall.
    jsonSchemaValidator: {
      getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
    },
    inputRequired: { autoFulfill: false },
  });
  let open = false;
  let closed = false;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client is no event target
  client.onerror = (error) => options.serverLog.onError(error);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client is no event target
  client.onclose = () => {
    closed = true;
    if (open) options.onClosed();
  };
  const { onToolsChanged } = options;
  if (onToolsChanged !== undefined)
    client.setNotificationHandler("notifications/tools/list_changed", onToolsChanged);
  const prior: PriorDiscovery | undefined = attempt.legacy ? { kind: "legacy" } : undefined;
  // The question about the era takes no signal, but it ends with its transport.
  const onAbort = (): void => void transport.close().catch(() => undefined);
  options.signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect(transport, {
      timeout: options.startTimeoutMs,
      ...(prior === undefined ? {} : { prior }),
    });
    options.signal.throwIfAborted();
  } catch (thrown) {
    await transport.close().catch(() => undefined);
    throw thrown;
  } finally {
    options.signal.removeEventListener("abort", onAbort);
  }
  if (closed) throw new Error("The server closed the connection during the handshake.");
  open = true;
  const era = client.getProtocolEra() ?? "legacy";
  if (era === "modern" && onToolsChanged !== undefined)
    void listenForChanges(client, () => open && !closed, onToolsChanged, options.serverLog);
  return {
    client,
    verdict: { era, transport: attempt.transport, foundAt: options.now() },
    protocolVersion: client.getNegotiatedProtocolVersion() ?? "unknown",
    ...(child?.pid == null ? {} : { pid: child.pid }),
    hasSessionId: () => transport.sessionId !== undefined,
    exit: () => child?.exit,
    async close() {
      open = false;
      await Promise.race([terminate().catch(() => undefined), wait(TERMINATE_MS, undefined, { ref: false })]);
      await client.close().catch(() => undefined);
      // A client that lost its transport does not close it.
      await transport.close().catch(() => undefined);
    },
  };
}

async function createTransport(
  options: SessionOptions,
  attempt: Attempt,
): Promise<HttpTransport & { readonly child?: StdioTransport }> {
  const { connection } = options;
  if (connection.transport === "http") {
    const kind = attempt.transport === "sse" ? "sse" : "streamable";
    const { fetch, tokens, caller } = options;
    return await createHttpTransport({ connection, kind, fetch, tokens, caller });
  }
  const child = createStdioTransport({
    command: connection.command,
    args: connection.args,
    env: toChildEnvironment(connection, options.hostEnv),
    ...(connection.cwd === undefined ? {} : { cwd: connection.cwd }),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    onErrorLine: (line) => options.serverLog.onErrorLine(line),
    onNoise: (what, sample) => options.serverLog.onNoise(what, sample),
    orphans: options.orphans,
  });
  return { transport: child, child, terminate: () => Promise.resolve() };
}

/** In the new era a server tells of changes only on a stream that the client asks for. */
async function listenForChanges(
  client: Client,
  isOpen: () => boolean,
  onToolsChanged: () => void,
  serverLog: ServerLog,
): Promise<void> {
  if (client.getServerCapabilities()?.tools?.listChanged !== true) return;
  for (let pause = 1000; isOpen(); pause = Math.min(60_000, pause * 2)) {
    try {
      const subscription = await client.listen({ toolsListChanged: true });
      const reason = await subscription.closed;
      if (reason !== "remote") return;
    } catch (thrown) {
      serverLog.onError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    await wait(pause, undefined, { ref: false });
    // What changed while nobody listened is not told again.
    if (isOpen()) onToolsChanged();
  }
}
