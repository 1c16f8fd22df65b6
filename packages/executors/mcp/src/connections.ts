import { createHash } from "node:crypto";
import type { FetchLike, Implementation } from "@modelcontextprotocol/client";
import {
  parseJson,
  type CallerCredentials,
  type Clock,
  type ConnectionDirectory,
  type Json,
  type Log,
  type Result,
} from "@mcp-flowgate/core";
import { canonicalJson, err, ok } from "@mcp-flowgate/core";
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

/** The MCP servers of one directory. */
export interface McpServers {
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
}

/** The MCP servers of a configuration: started when needed, shared by everybody. */
export interface McpConnections extends McpServers {
  /**
   * The servers of another directory, beside those in use. A connection that both have alike is one session; events are
   * told of the other directory's connections only. What it started ends with the next `reconfigure`, unless the
   * directory in use has it then.
   */
  over(directory: ConnectionDirectory): McpServers;
  /**
   * Reads the directory again. Connections whose configuration is equal keep their sessions; those that changed or are
   * gone finish what is under way, and end.
   */
  reconfigure(): Promise<void>;
  /** Ends a server's sessions, after the calls on them. The next use begins another. */
  restart(name: string): void;
  /** Ends a server's sessions, after the calls on them, and begins none until it is released. */
  hold(name: string): void;
  release(name: string): void;
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
  const sessions = new Map<string, Held>();
  const places = new Map<string, { readonly count: number; readonly slots: Slots }>();
  const draining = new Set<Promise<void>>();
  const changeListeners = new Set<Told<string>>();
  const lifecycleListeners = new Set<Told<McpLifecycleEvent>>();
  const orphans = createOrphanWatch();
  const outbound = createOutboundFetch(options.addresses ?? createAddressPolicy());
  const { clock } = options;
  const tokens = createTokenSource({ fetch: outbound.fetch, monotonic: () => clock.monotonic() });
  const boundedFetch = createBoundedFetch(outbound.fetch as FetchLike, MAX_MESSAGE_BYTES);
  const marks = new WeakMap<McpConnectionIr, string>();
  const held = new Set<string>();
  let closed = false;

  /** Equal for connections that are configured alike. */
  const markOf = (connection: McpConnectionIr): string => {
    let mark = marks.get(connection);
    if (mark === undefined) {
      const settings = canonicalJson(parseJson(JSON.stringify(connection)) as Json);
      mark = createHash("sha256").update(settings).digest("base64");
      marks.set(connection, mark);
    }
    return mark;
  };

  const isOf = (directory: ConnectionDirectory, connection: McpConnectionIr): boolean => {
    const now = directory.get(connection.name);
    return now?.kind === "mcp" && markOf(now) === markOf(connection);
  };

  const tell = <T>(listeners: ReadonlySet<Told<T>>, connection: McpConnectionIr, what: T): void => {
    for (const { directory, listener } of listeners)
      if (directory === undefined || isOf(directory, connection)) listener(what);
  };

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
    const session = sessions.get(key);
    sessions.delete(key);
    if (session !== undefined) end(session.managed, "replaced", drainMs);
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
      onToolsChanged: caller === undefined ? () => tell(changeListeners, connection, name) : undefined,
      onLifecycle: (event) => {
        // A caller who is gone leaves nothing behind, a token least of all.
        if (caller !== undefined && event.type === "stopped" && sessions.get(key)?.managed === made)
          remove(key, DRAIN_MS);
        tell(lifecycleListeners, connection, event);
      },
    });
    sessions.set(key, { connection, managed: made });
    return made;
  };

  const find = (
    directory: ConnectionDirectory,
    name: string,
    caller?: CallerCredentials,
  ): Result<ManagedConnection, McpFailure> => {
    const connection = directory.get(name);
    if (connection?.kind !== "mcp" || closed)
      return err(notSent(`There is no mcp connection "${name}".`, "permanent"));
    if (held.has(name)) return err(heldFailure(name));
    const own = `${name}\0${markOf(connection)}`;
    const key = keyOf(own, caller);
    const known = sessions.get(key);
    if (known !== undefined) {
      if (caller !== undefined) {
        sessions.delete(key);
        sessions.set(key, known);
      }
      return ok(known.managed);
    }
    if (caller !== undefined) {
      const others = [...sessions.keys()].filter((other) => other.startsWith(`${own}\0`));
      if (others.length >= MAX_CALLERS) remove(others[0] as string, DRAIN_MS);
    }
    return ok(make(key, connection, caller));
  };

  /** The connection as far as it is this caller's: for one that passes tokens on, a session of the caller's own. */
  const findFor = (
    directory: ConnectionDirectory,
    name: string,
    credentials: CallerCredentials | undefined,
  ): ReturnType<typeof find> => {
    const connection = directory.get(name);
    const auth = connection?.kind === "mcp" && connection.transport === "http" ? connection.auth : undefined;
    if (!isPerCaller(auth)) return find(directory, name);
    if (credentials?.bearer() !== undefined) return find(directory, name, credentials);
    return err(notSent(`${name} was not called. ${NO_CALLER_TOKEN}.`, "permanent"));
  };

  const endSessions = (name: string): void => {
    for (const [key, { connection }] of sessions) if (connection.name === name) remove(key, DRAIN_MS);
  };

  const over = (directory: ConnectionDirectory): McpServers => ({
    async listTools(name, { signal }) {
      const managed = find(directory, name);
      return managed.ok ? await managed.value.listTools(withTimeout(signal, managed.value)) : managed;
    },
    async call(name, call) {
      const managed =
        call.asSelf === true ? find(directory, name) : findFor(directory, name, call.credentials);
      if (!managed.ok) return managed;
      return await managed.value.call({ ...call, signal: withTimeout(call.signal, managed.value) });
    },
    onToolsChanged: (listener) => subscribe(changeListeners, { directory, listener }),
    onLifecycle: (listener) => subscribe(lifecycleListeners, { directory, listener }),
    status: () =>
      toStatus(
        [...sessions.values()]
          .filter(({ connection }) => isOf(directory, connection))
          .map(({ managed }) => managed.status()),
      ),
  });

  return {
    ...over(options.directory),
    over,
    onLifecycle: (listener) => subscribe(lifecycleListeners, { directory: undefined, listener }),
    reconfigure() {
      for (const [key, { connection }] of sessions)
        if (!isOf(options.directory, connection)) remove(key, DRAIN_MS);
      return Promise.resolve();
    },
    restart: endSessions,
    hold(name) {
      held.add(name);
      endSessions(name);
    },
    release: (name) => void held.delete(name),
    async close() {
      closed = true;
      for (const { managed } of sessions.values()) end(managed, "closed", 0);
      sessions.clear();
      await Promise.all(draining);
      orphans.close();
      await outbound.close();
    },
  };
}

/** What is answered for a server that an operator has stopped. */
function heldFailure(name: string): McpFailure {
  const message = `${name} was not called: an operator has stopped it.`;
  return { ...notSent(message, "permanent"), detail: { code: "SERVER_STOPPED" } };
}

/** A session, and the connection as its directory gave it. */
interface Held {
  readonly connection: McpConnectionIr;
  readonly managed: ManagedConnection;
}

/** Somebody who is told of a directory's connections, or of all. */
interface Told<T> {
  readonly directory: ConnectionDirectory | undefined;
  readonly listener: (what: T) => void;
}

/** The gateway's own session of a connection, or that of the callers with one token: by its digest, which is not the token. */
function keyOf(own: string, caller?: CallerCredentials): string {
  const bearer = caller?.bearer();
  return bearer === undefined ? own : `${own}\0${createHash("sha256").update(bearer).digest("base64")}`;
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
