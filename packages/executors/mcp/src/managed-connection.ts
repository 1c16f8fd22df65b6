import type { FetchLike, Implementation } from "@modelcontextprotocol/client";
import { SdkHttpError } from "@modelcontextprotocol/client";
import type { Clock, JsonObject, Log, Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";
import type { HostEnvironment } from "./child-environment.ts";
import { McpConnectionError, notSent, toFailure, toNetworkCode } from "./failure.ts";
import type { McpFailure } from "./failure.ts";
import { createTokenSource } from "./oauth-token.ts";
import type { TokenSource } from "./oauth-token.ts";
import type { OrphanWatch } from "./orphan-watch.ts";
import { createRateBudget } from "./rate-budget.ts";
import { ANY_RESULT, openSession } from "./session.ts";
import type { McpConnectionIr, Session, Verdict } from "./session.ts";
import { createSlots } from "./slots.ts";
import type { Slots } from "./slots.ts";
import { readTools } from "./tools.ts";
import type { McpToolList } from "./tools.ts";

/*
 * Owns one connection: its session, the order of its calls, and what is known about its server.
 *
 * 1. At most one session exists or is being opened; callers that come meanwhile wait for the same one.
 * 2. Nothing is started before somebody needs it.
 * 3. A session that failed is never used again. The next is opened at once after a first failure, then after a wait
 *    that doubles; a call that would have to wait longer than MAX_WAIT_MS is refused as not sent.
 * 4. A call holds one place of `maxConcurrency` from before its session is asked for until its answer; places are given
 *    in the order of asking.
 * 5. After `close` nothing is started, and every process that was is gone.
 */

export interface McpLifecycleEvent {
  readonly connection: string;
  readonly type: "started" | "stopped" | "failed";
  /** For `stopped`. */
  readonly reason?: "idle" | "crashed" | "expired" | "unhealthy" | "replaced" | "closed";
  readonly message?: string;
  readonly era?: "legacy" | "modern";
  readonly protocolVersion?: string;
  readonly transport?: Verdict["transport"];
  readonly pid?: number;
  readonly durationMs?: number;
}

export interface McpConnectionStatus {
  readonly name: string;
  readonly transport: "stdio" | "http";
  readonly state: "idle" | "starting" | "ready" | "backoff" | "closed";
  readonly era?: "legacy" | "modern";
  readonly protocolVersion?: string;
  readonly server?: { readonly name: string; readonly version: string };
  readonly pid?: number;
  readonly inFlight: number;
  readonly starts: number;
  /** Failures since the last success. */
  readonly failures: number;
  readonly lastError?: string;
}

export interface McpCallOptions {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly meta: JsonObject;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: McpProgress) => void;
}

export interface McpProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** The result of `tools/call`, as the server gave it. */
export type McpToolResult = JsonObject;

export interface ManagedConnectionOptions {
  readonly connection: McpConnectionIr;
  readonly hostEnv: HostEnvironment;
  readonly log: Log;
  readonly clock: Clock;
  readonly clientInfo: Implementation;
  readonly fetch: FetchLike;
  readonly orphans: OrphanWatch;
  readonly onToolsChanged: () => void;
  readonly onLifecycle: (event: McpLifecycleEvent) => void;
}

export interface ManagedConnection {
  readonly connection: McpConnectionIr;
  listTools(signal: AbortSignal): Promise<Result<McpToolList, McpFailure>>;
  call(call: McpCallOptions): Promise<Result<McpToolResult, McpFailure>>;
  status(): McpConnectionStatus;
  /** Ends the session. With `drain`, calls that are under way may finish first, for at most that many milliseconds. */
  close(reason: "replaced" | "closed", drainMs?: number): Promise<void>;
}

type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "starting"; readonly session: Promise<Session> }
  | { readonly kind: "ready"; readonly session: Session }
  | { readonly kind: "backoff"; readonly until: number }
  | { readonly kind: "closed" };

const START_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 5000;
const HEALTH_TIMEOUT_MS = 5000;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_WAIT_MS = 2000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** A server of the old era may be upgraded; it is asked again after this long. */
const VERDICT_LIFE_MS = 24 * 3600 * 1000;
/** The longest timer that Node keeps; the request's signal ends it sooner. */
const NO_TIMEOUT = 2_147_483_647;
const STDERR_LINES_PER_SECOND = 20;
const STDERR_BURST = 200;
const MIN_CHANGE_INTERVAL_MS = 1000;

export function createManagedConnection(options: ManagedConnectionOptions): ManagedConnection {
  return new Connection(options);
}

class Connection implements ManagedConnection {
  readonly connection: McpConnectionIr;
  readonly #options: ManagedConnectionOptions;
  readonly #slots: Slots | undefined;
  readonly #tokens: TokenSource;
  readonly #stderr = createRateBudget(STDERR_LINES_PER_SECOND, STDERR_BURST);
  readonly #noise = createRateBudget(0.2, 5);
  readonly #closing = new AbortController();
  #phase: Phase = { kind: "idle" };
  #verdict: Verdict | undefined;
  #inFlight = 0;
  #starts = 0;
  #failures = 0;
  #lastError: string | undefined;
  #cancelIdle: (() => void) | undefined;
  #cancelHealth: (() => void) | undefined;
  #changeDue: (() => void) | undefined;
  #changedAt = Number.NEGATIVE_INFINITY;
  #onQuiet: (() => void) | undefined;
  #serverIdentity: string | undefined;

  constructor(options: ManagedConnectionOptions) {
    this.connection = options.connection;
    this.#options = options;
    const places = options.connection.maxConcurrency;
    this.#slots = places === undefined ? undefined : createSlots(places);
    this.#tokens = createTokenSource(options.fetch, options.clock, options.connection.name);
  }

  async listTools(signal: AbortSignal): Promise<Result<McpToolList, McpFailure>> {
    return await this.#use(signal, async (session) => {
      const client = session.client;
      const server = client.getServerVersion();
      const read = await readTools((cursor) =>
        client.request({ method: "tools/list", params: cursor === undefined ? {} : { cursor } }, ANY_RESULT, {
          signal,
          timeout: NO_TIMEOUT,
        }),
      );
      const instructions = client.getInstructions();
      return {
        ...read,
        server: { name: server?.name ?? "", version: server?.version ?? "" },
        ...(instructions === undefined ? {} : { instructions }),
      };
    });
  }

  async call(call: McpCallOptions): Promise<Result<McpToolResult, McpFailure>> {
    const { signal, onProgress } = call;
    return await this.#use(signal, (session) =>
      session.client.request(
        { method: "tools/call", params: { name: call.tool, arguments: call.arguments, _meta: call.meta } },
        ANY_RESULT,
        {
          signal,
          timeout: NO_TIMEOUT,
          ...(onProgress === undefined
            ? {}
            : { onprogress: (progress) => onProgress(progress as McpProgress) }),
        },
      ),
    );
  }

  status(): McpConnectionStatus {
    const phase = this.#phase;
    const session = phase.kind === "ready" ? phase.session : undefined;
    const server = session?.client.getServerVersion();
    const era = (session?.verdict ?? this.#verdict)?.era;
    return {
      name: this.connection.name,
      transport: this.connection.transport,
      state: phase.kind,
      ...(era === undefined ? {} : { era }),
      ...(session === undefined ? {} : { protocolVersion: session.protocolVersion }),
      ...(server === undefined ? {} : { server: { name: server.name, version: server.version } }),
      ...(session?.pid === undefined ? {} : { pid: session.pid }),
      inFlight: this.#inFlight,
      starts: this.#starts,
      failures: this.#failures,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  async close(reason: "replaced" | "closed", drainMs = 0): Promise<void> {
    if (drainMs > 0 && this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.schedule(drainMs, resolve);
        this.#onQuiet = () => {
          cancel();
          resolve();
        };
      });
    }
    const phase = this.#phase;
    this.#phase = { kind: "closed" };
    this.#closing.abort();
    this.#cancelTimers();
    this.#changeDue?.();
    const session =
      phase.kind === "ready"
        ? phase.session
        : phase.kind === "starting"
          ? await phase.session.catch(() => undefined)
          : undefined;
    if (session === undefined) return;
    await session.close();
    this.#tell({ type: "stopped", reason });
  }

  /** Runs `ask` with a session and a place; once more with a new session when the old one turns out to have expired. */
  async #use<T>(signal: AbortSignal, ask: (session: Session) => Promise<T>): Promise<Result<T, McpFailure>> {
    const name = this.connection.name;
    const release = this.#slots === undefined ? undefined : await this.#slots.take(signal);
    if (signal.aborted) {
      release?.();
      return err(notSent(`${name} was not called in time.`, "timeout"));
    }
    this.#inFlight++;
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        const session = await this.#acquire(signal);
        if (!session.ok) return session;
        try {
          const value = await ask(session.value);
          this.#failures = 0;
          this.#lastError = undefined;
          return ok(value);
        } catch (thrown) {
          if (isExpired(thrown, session.value)) {
            await this.#drop(session.value, "expired", undefined);
            // A session that the server does not know took no request.
            if (attempt === 1) continue;
          } else if (isBroken(thrown)) {
            await this.#drop(session.value, "crashed", "The endpoint could not be reached.");
          }
          return err(toFailure(thrown, name, signal.aborted));
        }
      }
    } finally {
      release?.();
      this.#inFlight--;
      if (this.#inFlight === 0) {
        this.#onQuiet?.();
        this.#armIdle();
      }
    }
  }

  async #acquire(signal: AbortSignal): Promise<Result<Session, McpFailure>> {
    const name = this.connection.name;
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
          if (left > MAX_WAIT_MS) {
            const message = `${name} is not available${this.#lastError === undefined ? "." : `: ${this.#lastError}`}`;
            return err({ ...notSent(message), retryAfterMs: Math.ceil(left) });
          }
          if (left > 0) await this.#wait(left, signal);
          if (this.#phase === phase) this.#phase = { kind: "idle" };
          break;
        }
        case "idle":
        case "starting": {
          const starting = phase.kind === "starting" ? phase.session : this.#start();
          try {
            const session = await untilAborted(starting, signal);
            return session === undefined ? late : ok(session);
          } catch (thrown) {
            return err(toStartFailure(thrown, name));
          }
        }
      }
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
    this.#noticeServer(session);
    this.#armHealth(session);
    if (this.#inFlight === 0) this.#armIdle();
  }

  #noticeStartFailed(thrown: unknown): void {
    // What was found out about the server may be out of date.
    this.#verdict = undefined;
    this.#fail(toStartFailure(thrown, this.connection.name).message);
    this.#tell({ type: "failed", message: this.#lastError ?? "" });
  }

  #open(): Promise<Session> {
    const { clock, log, ...rest } = this.#options;
    const name = this.connection.name;
    const verdict = this.#verdict;
    const fresh =
      verdict !== undefined && clock.now() - verdict.foundAt < VERDICT_LIFE_MS ? verdict : undefined;
    const opened: { session?: Session } = {};
    const opening = openSession({
      connection: this.connection,
      hostEnv: rest.hostEnv,
      clientInfo: rest.clientInfo,
      fetch: rest.fetch,
      tokens: this.#tokens,
      orphans: rest.orphans,
      signal: this.#closing.signal,
      startTimeoutMs: START_TIMEOUT_MS,
      // A server that starts slowly looks like one that does not know the question: the next try gives it longer.
      probeTimeoutMs: Math.min(START_TIMEOUT_MS, PROBE_TIMEOUT_MS * 2 ** Math.min(3, this.#failures)),
      maxMessageBytes: MAX_MESSAGE_BYTES,
      verdict: fresh,
      now: () => clock.now(),
      onToolsChanged: () => this.#noticeChange(),
      onClosed: () => this.#noticeClosed(opened.session),
      onError: (error) => {
        if (this.#noise.spend())
          log.debug("An MCP connection reported a problem.", {
            connection: name,
            error: error.message.slice(0, 300),
          });
      },
      onErrorLine: (line) => {
        if (this.#stderr.spend()) log.info("stderr", { connection: name, line: line.slice(0, 2000) });
      },
      onNoise: (what, sample) => {
        if (this.#noise.spend()) log.warn(`An MCP server sent ${what}.`, { connection: name, sample });
      },
    });
    return opening.then((session) => {
      opened.session = session;
      return session;
    });
  }

  #noticeClosed(session: Session | undefined): void {
    if (this.#phase.kind !== "ready" || this.#phase.session !== session) return;
    const exit = session.exit();
    const how =
      exit === undefined
        ? "closed the connection"
        : exit.signal === null
          ? `exited with code ${exit.exitCode}`
          : `was ended by ${exit.signal}`;
    this.#cancelTimers();
    this.#fail(`The server ${how}.`);
    this.#tell({ type: "stopped", reason: "crashed", message: this.#lastError ?? "" });
  }

  /** The state after a failure: at once ready to try again the first time, later after a wait. */
  #fail(message: string): void {
    this.#failures++;
    this.#lastError = message;
    const wait =
      this.#failures === 1 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 2));
    const jittered = wait * (0.75 + Math.random() * 0.5);
    this.#phase =
      wait === 0 ? { kind: "idle" } : { kind: "backoff", until: this.#options.clock.monotonic() + jittered };
  }

  async #drop(
    session: Session,
    reason: "expired" | "crashed" | "idle" | "unhealthy",
    message: string | undefined,
  ): Promise<void> {
    if (this.#phase.kind === "ready" && this.#phase.session === session) {
      this.#cancelTimers();
      if (message === undefined) this.#phase = { kind: "idle" };
      else this.#fail(message);
      this.#tell({ type: "stopped", reason, ...(message === undefined ? {} : { message }) });
    }
    await session.close();
  }

  #armIdle(): void {
    const after = this.connection.idleTimeoutMs;
    const phase = this.#phase;
    if (after === undefined || phase.kind !== "ready") return;
    this.#cancelIdle?.();
    this.#cancelIdle = this.#options.clock.schedule(after, () => {
      if (this.#inFlight === 0 && this.#phase === phase) void this.#drop(phase.session, "idle", undefined);
    });
  }

  #armHealth(session: Session): void {
    const every = this.connection.healthCheckMs;
    if (every === undefined) return;
    this.#cancelHealth = this.#options.clock.schedule(every, () => {
      if (this.#phase.kind !== "ready" || this.#phase.session !== session) return;
      void this.#checkHealth(session);
    });
  }

  async #checkHealth(session: Session): Promise<void> {
    try {
      if (session.verdict.era === "modern") await session.client.discover({ timeout: HEALTH_TIMEOUT_MS });
      else await session.client.ping({ timeout: HEALTH_TIMEOUT_MS });
    } catch {
      await this.#drop(session, "unhealthy", "The server does not answer.");
      return;
    }
    if (this.#phase.kind === "ready" && this.#phase.session === session) this.#armHealth(session);
  }

  #cancelTimers(): void {
    this.#cancelIdle?.();
    this.#cancelHealth?.();
    this.#cancelIdle = undefined;
    this.#cancelHealth = undefined;
  }

  /** At most one notice per interval, the last one never lost. */
  #noticeChange(): void {
    const { clock } = this.#options;
    if (this.#changeDue !== undefined || this.#phase.kind === "closed") return;
    const left = this.#changedAt + MIN_CHANGE_INTERVAL_MS - clock.monotonic();
    const notify = (): void => {
      this.#changeDue = undefined;
      this.#changedAt = clock.monotonic();
      this.#options.onToolsChanged();
    };
    if (left <= 0) notify();
    else this.#changeDue = clock.schedule(left, notify);
  }

  /** A server that comes back as another version may have other tools. */
  #noticeServer(session: Session): void {
    const identity = JSON.stringify(session.client.getServerVersion() ?? null);
    const known = this.#serverIdentity;
    this.#serverIdentity = identity;
    if (known !== undefined && known !== identity) this.#noticeChange();
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
    this.#options.onLifecycle({ connection: this.connection.name, ...event });
  }
}

/** A stateful server says 404 to a session that it does not know (any more); many say 400. */
function isExpired(thrown: unknown, session: Session): boolean {
  if (!(thrown instanceof SdkHttpError) || !session.hasSessionId()) return false;
  if (thrown.status === 404) return true;
  const text = thrown.data["text"];
  return thrown.status === 400 && typeof text === "string" && /session/i.test(text);
}

/** Nothing listens at the endpoint. */
function isBroken(thrown: unknown): boolean {
  const code = toNetworkCode(thrown);
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH";
}

function toStartFailure(thrown: unknown, name: string): McpFailure {
  if (thrown instanceof McpConnectionError) return thrown.failure;
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOENT") return notSent(`The command of ${name} was not found.`);
  if (code === "EACCES") return notSent(`The command of ${name} may not be executed.`);
  const failure = toFailure(thrown, name, false);
  // Whatever happened, no call was under way yet.
  const message = failure.effect === "unknown" ? `${name} did not complete the handshake.` : failure.message;
  return { ...failure, message, effect: "not_sent" };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
