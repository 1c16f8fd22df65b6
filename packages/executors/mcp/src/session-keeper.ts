import type { FetchLike, Implementation } from "@modelcontextprotocol/client";
import type { CallerCredentials, Clock, Log, Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";
import type { TokenSource } from "@mcp-flowgate/outbound";
import type { HostEnvironment } from "./child-environment.ts";
import { notSent, toStartFailure } from "./failure.ts";
import type { McpFailure } from "./failure.ts";
import type { McpConnectionStatus, McpLifecycleEvent, McpTimeouts } from "./lifecycle.ts";
import type { OrphanWatch } from "./orphan-watch.ts";
import { createServerLog } from "./server-log.ts";
import type { ServerLog } from "./server-log.ts";
import { openSession } from "./session.ts";
import type { McpConnectionIr, Session, Verdict } from "./session.ts";

/*
 * Owns the session of one connection (of one caller, where each has their own), from before it exists to after it is gone.
 *
 * 1. At most one session exists or is being opened; those who ask meanwhile wait for the same one.
 * 2. Nothing is started before somebody asks.
 * 3. A session that failed is never given out again. The next is opened at once after a first failure, then after a wait
 *    that doubles; who would have to wait longer than MAX_WAIT_MS is refused.
 * 4. After `close` nothing is started, and every process that was is gone.
 */

export interface SessionKeeperOptions {
  readonly connection: McpConnectionIr;
  readonly hostEnv: HostEnvironment;
  readonly log: Log;
  readonly clock: Clock;
  readonly clientInfo: Implementation;
  readonly fetch: FetchLike;
  readonly tokens: TokenSource;
  /** Whose session it is; left out, the gateway's own, which callers share. */
  readonly caller?: CallerCredentials;
  readonly orphans: OrphanWatch;
  readonly timeouts: Partial<McpTimeouts> | undefined;
  /** The server says so, or came back as another one. */
  readonly onToolsChanged: (() => void) | undefined;
  readonly onLifecycle: (event: McpLifecycleEvent) => void;
}

export interface SessionKeeper {
  /** The session, opened if there is none. */
  acquire(signal: AbortSignal): Promise<Result<Session, McpFailure>>;
  /** Gives up a session. With a message it counts as a failure. */
  drop(session: Session, reason: NonNullable<McpLifecycleEvent["reason"]>, message?: string): Promise<void>;
  /** Somebody uses the session, or nobody does any more. */
  setBusy(busy: boolean): void;
  /** A request was answered. */
  succeeded(): void;
  status(): Omit<McpConnectionStatus, "inFlight">;
  close(reason: "replaced" | "closed"): Promise<void>;
}

type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "starting"; readonly session: Promise<Session> }
  | { readonly kind: "ready"; readonly session: Session }
  | { readonly kind: "backoff"; readonly until: number }
  | { readonly kind: "closed" };

const DEFAULT_TIMEOUTS: McpTimeouts = { startMs: 30_000, probeMs: 5000, healthMs: 5000 };
const MAX_WAIT_MS = 2000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** A server of the old era may be upgraded; it is asked again after this long. */
const VERDICT_LIFE_MS = 24 * 3600 * 1000;

export function createSessionKeeper(options: SessionKeeperOptions): SessionKeeper {
  return new Keeper(options);
}

class Keeper implements SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #timeouts: McpTimeouts;
  readonly #serverLog: ServerLog;
  readonly #closing = new AbortController();
  #phase: Phase = { kind: "idle" };
  #verdict: Verdict | undefined;
  #busy = false;
  #starts = 0;
  #failures = 0;
  #lastError: string | undefined;
  #serverIdentity: string | undefined;
  #cancelIdle: (() => void) | undefined;
  #cancelHealth: (() => void) | undefined;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#serverLog = createServerLog(options.log, options.connection.name);
  }

  async acquire(signal: AbortSignal): Promise<Result<Session, McpFailure>> {
    const { name } = this.#options.connection;
    const late = err(notSent(`${name} was not ready in time.`, "timeout"));
    for (;;) {
      if (signal.aborted) return late;
      const phase = this.#phase;
      switch (phase.kind) {
        case "ready":
          if (phase.session.exit() === undefined) return ok(phase.session);
          // Its process is gone, and the transport is still collecting what it left behind.
          this.#noticeClosed(phase.session);
          break;
        case "closed":
          return err(notSent(`The connection ${name} is closed.`));
        case "backoff": {
          const left = phase.until - this.#options.clock.monotonic();
          if (left > MAX_WAIT_MS) return err(this.#toUnavailable(left));
          if (left > 0) await this.#wait(left, signal);
          if (this.#phase === phase) this.#phase = { kind: "idle" };
          break;
        }
        case "idle":
        case "starting":
          try {
            const session = await untilAborted(
              phase.kind === "starting" ? phase.session : this.#start(),
              signal,
            );
            return session === undefined ? late : ok(session);
          } catch (thrown) {
            return err(toStartFailure(thrown, name));
          }
      }
    }
  }

  async drop(
    session: Session,
    reason: NonNullable<McpLifecycleEvent["reason"]>,
    message?: string,
  ): Promise<void> {
    if (this.#isCurrent(session)) {
      this.#cancelTimers();
      if (message === undefined) this.#phase = { kind: "idle" };
      else this.#fail(message);
      this.#tell({ type: "stopped", reason, ...(message === undefined ? {} : { message }) });
    }
    await session.close();
  }

  setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    if (!busy) this.#armIdle();
  }

  succeeded(): void {
    this.#failures = 0;
    this.#lastError = undefined;
  }

  status(): Omit<McpConnectionStatus, "inFlight"> {
    const { connection } = this.#options;
    const session = this.#phase.kind === "ready" ? this.#phase.session : undefined;
    const server = session?.client.getServerVersion();
    const era = (session?.verdict ?? this.#verdict)?.era;
    return {
      name: connection.name,
      transport: connection.transport,
      state: this.#phase.kind,
      ...(era === undefined ? {} : { era }),
      ...(session === undefined ? {} : { protocolVersion: session.protocolVersion }),
      ...(server === undefined ? {} : { server: { name: server.name, version: server.version } }),
      ...(session?.pid === undefined ? {} : { pid: session.pid }),
      starts: this.#starts,
      failures: this.#failures,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  async close(reason: "replaced" | "closed"): Promise<void> {
    const phase = this.#phase;
    this.#phase = { kind: "closed" };
    this.#closing.abort();
    this.#cancelTimers();
    if (phase.kind === "starting") {
      const session = await phase.session.catch(() => undefined);
      await session?.close();
    } else if (phase.kind === "ready") {
      await phase.session.close();
      this.#tell({ type: "stopped", reason });
    }
  }

  #start(): Promise<Session> {
    this.#starts++;
    const startedAt = this.#options.clock.monotonic();
    const opening = this.#open();
    const phase: Phase = { kind: "starting", session: opening };
    this.#phase = phase;
    const settle = async (): Promise<void> => {
      try {
        const session = await opening;
        if (this.#phase === phase) this.#noticeStarted(session, startedAt);
      } catch (thrown) {
        if (this.#phase === phase) this.#noticeStartFailed(thrown);
      }
    };
    void settle();
    return opening;
  }

  async #open(): Promise<Session> {
    const { connection, hostEnv, clientInfo, fetch, tokens, caller, orphans, clock } = this.#options;
    const { startMs, probeMs } = this.#timeouts;
    const known = this.#verdict;
    const opened: { session?: Session } = {};
    opened.session = await openSession({
      connection,
      hostEnv,
      clientInfo,
      fetch,
      orphans,
      tokens,
      caller,
      signal: this.#closing.signal,
      startTimeoutMs: startMs,
      // A server that starts slowly looks like one that does not know the question: the next try gives it longer.
      probeTimeoutMs: Math.min(startMs, probeMs * 2 ** Math.min(3, this.#failures)),
      verdict: known !== undefined && clock.now() - known.foundAt < VERDICT_LIFE_MS ? known : undefined,
      now: () => clock.now(),
      onToolsChanged: this.#options.onToolsChanged,
      onClosed: () => {
        if (opened.session !== undefined) this.#noticeClosed(opened.session);
      },
      serverLog: this.#serverLog,
    });
    return opened.session;
  }

  #noticeStarted(session: Session, startedAt: number): void {
    this.#phase = { kind: "ready", session };
    this.#verdict = session.verdict;
    this.#tell({
      type: "started",
      era: session.verdict.era,
      protocolVersion: session.protocolVersion,
      transport: session.verdict.transport,
      ...(session.pid === undefined ? {} : { pid: session.pid }),
      durationMs: this.#options.clock.monotonic() - startedAt,
    });
    const identity = JSON.stringify(session.client.getServerVersion() ?? null);
    const isAnother = this.#serverIdentity !== undefined && this.#serverIdentity !== identity;
    this.#serverIdentity = identity;
    // A server that comes back as another version may have other tools.
    if (isAnother) this.#options.onToolsChanged?.();
    this.#armHealth(session);
    if (!this.#busy) this.#armIdle();
  }

  #noticeStartFailed(thrown: unknown): void {
    // What was found out about the server may be out of date.
    this.#verdict = undefined;
    const { message } = toStartFailure(thrown, this.#options.connection.name);
    this.#fail(message);
    this.#tell({ type: "failed", message });
  }

  #noticeClosed(session: Session): void {
    if (!this.#isCurrent(session)) return;
    const message = `The server ${describeExit(session)}.`;
    this.#cancelTimers();
    this.#fail(message);
    this.#tell({ type: "stopped", reason: "crashed", message });
  }

  #fail(message: string): void {
    this.#failures++;
    this.#lastError = message;
    // (3)
    const wait =
      this.#failures === 1 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 2));
    const jittered = wait * (0.75 + Math.random() * 0.5);
    this.#phase =
      wait === 0 ? { kind: "idle" } : { kind: "backoff", until: this.#options.clock.monotonic() + jittered };
  }

  #toUnavailable(waitMs: number): McpFailure {
    const why = this.#lastError === undefined ? "" : `: ${this.#lastError.replace(/\.$/, "")}`;
    return {
      ...notSent(`${this.#options.connection.name} is not available${why}.`),
      retryAfterMs: Math.ceil(waitMs),
    };
  }

  #armIdle(): void {
    const after = this.#options.connection.idleTimeoutMs;
    const phase = this.#phase;
    if (after === undefined || phase.kind !== "ready") return;
    this.#cancelIdle?.();
    this.#cancelIdle = this.#options.clock.schedule(after, () => {
      if (!this.#busy && this.#phase === phase) void this.drop(phase.session, "idle");
    });
  }

  #armHealth(session: Session): void {
    const every = this.#options.connection.healthCheckMs;
    if (every === undefined) return;
    this.#cancelHealth = this.#options.clock.schedule(every, () => {
      if (this.#isCurrent(session)) void this.#checkHealth(session);
    });
  }

  async #checkHealth(session: Session): Promise<void> {
    const timeout = this.#timeouts.healthMs;
    try {
      if (session.verdict.era === "modern") await session.client.discover({ timeout });
      else await session.client.ping({ timeout });
    } catch {
      await this.drop(session, "unhealthy", "The server does not answer.");
      return;
    }
    if (this.#isCurrent(session)) this.#armHealth(session);
  }

  #isCurrent(session: Session): boolean {
    return this.#phase.kind === "ready" && this.#phase.session === session;
  }

  #cancelTimers(): void {
    this.#cancelIdle?.();
    this.#cancelHealth?.();
    this.#cancelIdle = undefined;
    this.#cancelHealth = undefined;
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.schedule(ms, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #tell(event: Omit<McpLifecycleEvent, "connection">): void {
    this.#options.onLifecycle({ connection: this.#options.connection.name, ...event });
  }
}

function describeExit(session: Session): string {
  const exit = session.exit();
  if (exit === undefined) return "closed the connection";
  return exit.signal === null ? `exited with code ${exit.exitCode}` : `was ended by ${exit.signal}`;
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
