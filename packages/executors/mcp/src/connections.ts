import { createHash } from "node:crypto";
import type { FetchLike, Implementation } from "@modelcontextprotocol/client";
import type { CallerCredentials, Clock, ConnectionDirectory, Json, Log, Result } from "@mcp-flowgate/core";
import { equalJson, err, ok } from "@mcp-flowgate/core";
import {
  createAddressPolicy,
  createOutboundFetch,
  createSlots,
  createTokenSource,
  isPerCaller,
  NO_CALLER_TOKEN,
} from "@mcp-flowgate/outbound";
import type { AddressPolicy, Slots } from "@mcp-flowgate/outbound";
import { createBoundedFetch } from "./bounded-fetch.ts";
import type { HostEnvironment } from "./child-environment.ts";
import { notSent } from "./failure.ts";
import type { McpFailure } from "./failure.ts";
import type { McpConnectionStatus, McpLifecycleEvent, McpTimeouts } from "./lifecycle.ts";
import { createManagedConnection } from "./managed-connection.ts";
import type { ManagedConnection, McpCallOptions, McpToolResult } from "./managed-connection.ts";
import { createOrphanWatch } from "./orphan-watch.ts";
import { MAX_MESSAGE_BYTES } from "./session.ts";
import type { McpConnectionIr } from "./session.ts";
import type { McpToolList } from "./tools.ts";

export interface McpConnectionsOptions {
  readonly directory: ConnectionDirectory;
  /** The gateway's own variables; a child gets only those on its connection's list. */
  readonly hostEnv: HostEnvironment;
  readonly log: Log;
  readonly clock: Clock;
  /** How the gateway introduces itself to servers. */
  readonly clientInfo: Implementation;
  /** What may be dialled; without lists of the operator's own unless given. */
  readonly addresses?: AddressPolicy;
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
/** Sessions of callers of one connection; beyond it the one that was unused for longest ends. */
const MAX_CALLERS = 100;
/** A caller's session ends after this long without a call, unless the connection says otherwise. */
const CALLER_IDLE_MS = 300_000;

export function createMcpConnections(options: McpConnectionsOptions): McpConnections {
  /** By {@link keyOf}; of those of one connection's callers the least recently used is the first. */
  const connections = new Map<string, ManagedConnection>();
  const places = new Map<string, { readonly count: number; readonly slots: Slots }>();
  const draining = new Set<Promise<void>>();
  const changeListeners = new Set<(connection: string) => void>();
  const lifecycleListeners = new Set<(event: McpLifecycleEvent) => void>();
  const orphans = createOrphanWatch();
  const outbound = createOutboundFetch(options.addresses ?? createAddressPolicy());
  const { clock } = options;
  const tokens = createTokenSource({ fetch: outbound.fetch, monotonic: () => clock.monotonic() });
  const boundedFetch = createBoundedFetch(outbound.fetch as FetchLike, MAX_MESSAGE_BYTES);
  let closed = false;

  /** All sessions of a connection share its places. */
  const slotsOf = (name: string, count: number | undefined): Slots | undefined => {
    if (count === undefined) return undefined;
    const known = places.get(name);
    if (known?.count === count) return known.slots;
    const slots = createSlots(count);
    places.set(name, { count, slots });
    return slots;
  };

  const end = (managed: ManagedConnection, reason: "replaced" | "closed", drainMs: number): void => {
    const ending = managed.close(reason, drainMs).finally(() => draining.delete(ending));
    draining.add(ending);
  };

  const remove = (key: string, drainMs: number): void => {
    const managed = connections.get(key);
    connections.delete(key);
    if (managed !== undefined) end(managed, "replaced", drainMs);
  };

  const make = (key: string, connection: McpConnectionIr, caller?: CallerCredentials): ManagedConnection => {
    const { name } = connection;
    const made = createManagedConnection({
      connection: caller === undefined ? connection : ofCaller(connection),
      hostEnv: options.hostEnv,
      log: options.log,
      clock,
      clientInfo: options.clientInfo,
      fetch: boundedFetch,
      tokens,
      ...(caller === undefined ? {} : { caller }),
      slots: slotsOf(name, connection.maxConcurrency),
      orphans,
      timeouts: options.timeouts,
      // What one caller sees of a server's tools is nobody else's.
      onToolsChanged:
        caller === undefined
          ? () => {
              for (const listener of changeListeners) listener(name);
            }
          : undefined,
      onLifecycle: (event) => {
        // A caller who is gone leaves nothing behind, a token least of all.
        if (caller !== undefined && event.type === "stopped" && connections.get(key) === made)
          remove(key, DRAIN_MS);
        for (const listener of lifecycleListeners) listener(event);
      },
    });
    connections.set(key, made);
    return made;
  };

  const find = (name: string, caller?: CallerCredentials): Result<ManagedConnection, McpFailure> => {
    const key = keyOf(name, caller);
    const known = connections.get(key);
    if (known !== undefined) {
      if (caller !== undefined) {
        connections.delete(key);
        connections.set(key, known);
      }
      return ok(known);
    }
    const connection = options.directory.get(name);
    if (connection?.kind !== "mcp" || closed)
      return err(notSent(`There is no mcp connection "${name}".`, "permanent"));
    if (caller !== undefined) {
      const others = [...connections.keys()].filter((other) => other.startsWith(`${name}\0`));
      if (others.length >= MAX_CALLERS) remove(others[0] as string, DRAIN_MS);
    }
    return ok(make(key, connection, caller));
  };

  /** The connection as far as it is this caller's: for one that passes tokens on, a session of the caller's own. */
  const findFor = (name: string, credentials: CallerCredentials | undefined): ReturnType<typeof find> => {
    const connection = options.directory.get(name);
    const auth = connection?.kind === "mcp" && connection.transport === "http" ? connection.auth : undefined;
    if (!isPerCaller(auth)) return find(name);
    if (credentials?.bearer() !== undefined) return find(name, credentials);
    return err(notSent(`${name} was not called. ${NO_CALLER_TOKEN}.`, "permanent"));
  };

  return {
    async listTools(name, { signal }) {
      const managed = find(name);
      return managed.ok ? await managed.value.listTools(withTimeout(signal, managed.value)) : managed;
    },
    async call(name, call) {
      const managed = findFor(name, call.credentials);
      if (!managed.ok) return managed;
      return await managed.value.call({ ...call, signal: withTimeout(call.signal, managed.value) });
    },
    onToolsChanged: (listener) => subscribe(changeListeners, listener),
    onLifecycle: (listener) => subscribe(lifecycleListeners, listener),
    status: () => toStatus([...connections.values()].map((managed) => managed.status())),
    reconfigure() {
      for (const [key, managed] of connections) {
        const { name } = managed.connection;
        const now = options.directory.get(name);
        const wanted = now?.kind === "mcp" && key !== name ? ofCaller(now) : now;
        if (wanted !== undefined && equalJson(toJson(wanted), toJson(managed.connection))) continue;
        remove(key, DRAIN_MS);
      }
      return Promise.resolve();
    },
    async close() {
      closed = true;
      for (const managed of connections.values()) end(managed, "closed", 0);
      connections.clear();
      await Promise.all(draining);
      orphans.close();
      await outbound.close();
    },
  };
}

/** The gateway's own session of a connection, or that of the callers with one token: by its digest, which is not the token. */
function keyOf(name: string, caller?: CallerCredentials): string {
  const bearer = caller?.bearer();
  return bearer === undefined ? name : `${name}\0${createHash("sha256").update(bearer).digest("base64")}`;
}

/** A caller's session is not kept for ever: nobody else uses it. */
function ofCaller(connection: McpConnectionIr): McpConnectionIr {
  return { ...connection, idleTimeoutMs: connection.idleTimeoutMs ?? CALLER_IDLE_MS };
}

/** One line for each connection: where callers have sessions of their own, the gateway's with the sums of all. */
function toStatus(sessions: readonly McpConnectionStatus[]): readonly McpConnectionStatus[] {
  const byName = new Map<string, McpConnectionStatus>();
  for (const one of sessions) {
    const known = byName.get(one.name);
    if (known === undefined) byName.set(one.name, one);
    else {
      byName.set(one.name, {
        ...known,
        inFlight: known.inFlight + one.inFlight,
        starts: known.starts + one.starts,
      });
    }
  }
  return [...byName.values()];
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
