import type { FetchLike, Implementation } from "@modelcontextprotocol/client";
import type { Clock, ConnectionDirectory, Json, Log, Result } from "@mcp-flowgate/core";
import { equalJson, err } from "@mcp-flowgate/core";
import { createBoundedFetch } from "./bounded-fetch.ts";
import type { HostEnvironment } from "./child-environment.ts";
import { notSent } from "./failure.ts";
import type { McpFailure } from "./failure.ts";
import type { McpConnectionStatus, McpLifecycleEvent, McpTimeouts } from "./lifecycle.ts";
import { createManagedConnection } from "./managed-connection.ts";
import type { ManagedConnection, McpCallOptions, McpToolResult } from "./managed-connection.ts";
import { createOrphanWatch } from "./orphan-watch.ts";
import { MAX_MESSAGE_BYTES } from "./session.ts";
import type { McpToolList } from "./tools.ts";

export interface McpConnectionsOptions {
  readonly directory: ConnectionDirectory;
  /** The gateway's own variables; a child gets only those on its connection's list. */
  readonly hostEnv: HostEnvironment;
  readonly log: Log;
  readonly clock: Clock;
  /** How the gateway introduces itself to servers. */
  readonly clientInfo: Implementation;
  /** Performs HTTP requests; the platform's `fetch` unless given. It is asked not to follow redirects. */
  readonly fetch?: FetchLike;
  readonly timeouts?: Partial<McpTimeouts>;
}

/** The MCP servers of a configuration: started when needed, shared by everybody. */
export interface McpConnections {
  /** Every tool of a server, over all pages; what is wrong with single tools is in `problems`. Never rejects. */
  listTools(
    connection: string,
    options: { readonly signal: AbortSignal },
  ): Promise<Result<McpToolList, McpFailure>>;
  /** One `tools/call`. Never rejects. A result with `isError` is a result here. */
  call(connection: string, call: McpCallOptions): Promise<Result<McpToolResult, McpFailure>>;
  /** Calls `listener` when a server says that its tools changed, or came back as another version: at most once a second each. */
  onToolsChanged(listener: (connection: string) => void): () => void;
  onLifecycle(listener: (event: McpLifecycleEvent) => void): () => void;
  /** Of every connection that was used since it was configured. */
  status(): readonly McpConnectionStatus[];
  /**
   * Reads the directory again. Connections whose configuration is equal keep their sessions; those that changed or are
   * gone finish what is under way, and end.
   */
  reconfigure(): Promise<void>;
  /** Ends every session and every child. */
  close(): Promise<void>;
}

/** How long calls of a connection that was replaced may still run. */
const DRAIN_MS = 30_000;

export function createMcpConnections(options: McpConnectionsOptions): McpConnections {
  const connections = new Map<string, ManagedConnection>();
  const draining = new Set<Promise<void>>();
  const changeListeners = new Set<(connection: string) => void>();
  const lifecycleListeners = new Set<(event: McpLifecycleEvent) => void>();
  const orphans = createOrphanWatch();
  const boundedFetch = createBoundedFetch(options.fetch ?? fetch, MAX_MESSAGE_BYTES);
  let closed = false;

  const find = (name: string): Result<ManagedConnection, McpFailure> => {
    const known = connections.get(name);
    if (known !== undefined) return { ok: true, value: known };
    const connection = options.directory.get(name);
    if (connection?.kind !== "mcp" || closed)
      return err(notSent(`There is no mcp connection "${name}".`, "permanent"));
    const made = createManagedConnection({
      connection,
      hostEnv: options.hostEnv,
      log: options.log,
      clock: options.clock,
      clientInfo: options.clientInfo,
      fetch: boundedFetch,
      orphans,
      timeouts: options.timeouts,
      onToolsChanged: () => {
        for (const listener of changeListeners) listener(name);
      },
      onLifecycle: (event) => {
        for (const listener of lifecycleListeners) listener(event);
      },
    });
    connections.set(name, made);
    return { ok: true, value: made };
  };

  const end = (managed: ManagedConnection, reason: "replaced" | "closed", drainMs: number): void => {
    const ending = managed.close(reason, drainMs).finally(() => draining.delete(ending));
    draining.add(ending);
  };

  return {
    async listTools(name, { signal }) {
      const managed = find(name);
      return managed.ok ? await managed.value.listTools(withTimeout(signal, managed.value)) : managed;
    },
    async call(name, call) {
      const managed = find(name);
      if (!managed.ok) return managed;
      return await managed.value.call({ ...call, signal: withTimeout(call.signal, managed.value) });
    },
    onToolsChanged: (listener) => subscribe(changeListeners, listener),
    onLifecycle: (listener) => subscribe(lifecycleListeners, listener),
    status: () => [...connections.values()].map((managed) => managed.status()),
    reconfigure() {
      for (const [name, managed] of connections) {
        const connection = options.directory.get(name);
        if (connection !== undefined && equalJson(toJson(connection), toJson(managed.connection))) continue;
        connections.delete(name);
        end(managed, "replaced", DRAIN_MS);
      }
      return Promise.resolve();
    },
    async close() {
      closed = true;
      for (const managed of connections.values()) end(managed, "closed", 0);
      connections.clear();
      await Promise.all(draining);
      orphans.close();
    },
  };
}

function withTimeout(signal: AbortSignal, managed: ManagedConnection): AbortSignal {
  const timeoutMs = managed.connection.timeoutMs;
  return timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
