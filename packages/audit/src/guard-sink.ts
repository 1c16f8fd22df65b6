import { FlowgateError } from "@mcp-flowgate/core";
import type { AuditIr, AuditSinkKind, Clock, Log } from "@mcp-flowgate/core";
import { createBacklog, type Backlog } from "./backlog.ts";
import type { EventText } from "./record.ts";
import type { Sink, SinkContext } from "./sinks/sink.ts";

/** How one sink is. */
export interface SinkHealth {
  readonly kind: AuditSinkKind;
  readonly target?: string;
  readonly ok: boolean;
  /** Where it fails: why, and since when (milliseconds since the epoch). */
  readonly error?: string;
  readonly failingSince?: number;
  /** Events that it did not record and whose effects happened all the same, since the start. */
  readonly lost: number;
  /** Events whose callers were refused because of it, since the start. */
  readonly refused: number;
  /** Events that it has taken and not recorded yet, and for how many milliseconds the oldest of them waits. */
  readonly pending: number;
  readonly pendingMs: number;
}

/**
 * Gives a sink its meaning of failure.
 *
 * A1 `fail_closed`: `append` rejects with `AUDIT_UNAVAILABLE` for every event that is not recorded.
 * A2 `fail_open`: `append` never rejects; what is not recorded is counted, and once the sink works again
 *    an `audit.lost` record says how many events of which types are missing, and since when.
 * A3 A sink that fails is tried again by itself, so that it recovers without traffic: what is tried is the
 *    `audit.lost` record, so a recovery is always on record.
 */
export interface GuardedSink {
  append(texts: readonly EventText[]): Promise<void>;
  health(): SinkHealth;
  readonly sink: Sink;
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

export function createGuardedSink(
  sink: Sink,
  wants: (eventType: string) => boolean,
  onFailure: AuditIr["onFailure"],
  context: SinkContext,
): GuardedSink {
  return new Guard(sink, wants, onFailure, context);
}

class Guard implements GuardedSink {
  readonly sink: Sink;
  readonly #wants: (eventType: string) => boolean;
  readonly #failOpen: boolean;
  /** What is not recorded has taken effect all the same. */
  readonly #happened: boolean;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #makeText: SinkContext["makeText"];
  #failure: { readonly since: number; error: string; readonly missing: Map<string, number> } | undefined;
  readonly #backlog: Backlog;
  #lost = 0;
  #refused = 0;
  #retryMs = FIRST_RETRY_MS;
  #cancelRetry: (() => void) | undefined;
  #recovering: Promise<void> | undefined;
  #closed = false;

  constructor(
    sink: Sink,
    wants: (eventType: string) => boolean,
    onFailure: AuditIr["onFailure"],
    context: SinkContext,
  ) {
    this.sink = sink;
    this.#wants = wants;
    this.#failOpen = onFailure === "fail_open";
    this.#happened = this.#failOpen || context.afterCommit;
    this.#clock = context.clock;
    this.#log = context.log;
    this.#makeText = context.makeText;
    this.#backlog = sink.backlog ?? createBacklog(() => context.clock.monotonic());
    sink.onLost?.((texts, error) => this.#fail(error, texts));
  }

  async append(texts: readonly EventText[]): Promise<void> {
    const wanted = texts.filter((text) => this.#wants(text.eventType));
    if (wanted.length === 0) return;
    const leave = this.sink.backlog === undefined ? this.#backlog.enter(wanted.length) : undefined;
    try {
      if (this.#failure !== undefined) {
        if (this.sink.isRemote === true) throw new Error(this.#failure.error);
        await this.#recover();
      }
      await this.sink.write(wanted);
    } catch (error) {
      this.#fail(error, wanted);
      if (!this.#failOpen) throw this.#unavailable(error);
    } finally {
      leave?.();
    }
  }

  health(): SinkHealth {
    const { kind, target } = this.sink;
    const error = this.#failure?.error ?? this.sink.trouble?.();
    const oldestAt = this.#backlog.oldestAt();
    return {
      kind,
      ...(target === undefined ? {} : { target }),
      ok: error === undefined,
      ...(error === undefined ? {} : { error }),
      ...(this.#failure === undefined ? {} : { failingSince: this.#failure.since }),
      lost: this.#lost,
      refused: this.#refused,
      pending: this.#backlog.events(),
      pendingMs: oldestAt === undefined ? 0 : Math.max(0, this.#clock.monotonic() - oldestAt),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    if (this.#failure !== undefined) await this.#recover().catch(() => undefined);
    await this.sink.close();
  }

  #fail(error: unknown, texts: readonly EventText[]): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failure === undefined) {
      this.#failure = { since: this.#clock.now(), error: message, missing: new Map() };
      this.#log.error("audit sink fails", { kind: this.sink.kind, target: this.sink.target, error: message });
    }
    this.#failure.error = message;
    for (const { eventType } of texts) {
      this.#failure.missing.set(eventType, (this.#failure.missing.get(eventType) ?? 0) + 1);
    }
    if (this.#happened) this.#lost += texts.length;
    else this.#refused += texts.length;
    this.#scheduleRetry();
  }

  /** Writes what is missing since the failure began, which is also the proof that the sink works again. */
  #recover(): Promise<void> {
    this.#recovering ??= this.#tryRecover().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  async #tryRecover(): Promise<void> {
    const failure = this.#failure;
    if (failure === undefined) return;
    const types = Object.fromEntries([...failure.missing].sort());
    const count = [...failure.missing.values()].reduce((sum, more) => sum + more, 0);
    const outcome = this.#happened ? "lost" : "refused";
    const payload = {
      outcome,
      count,
      types,
      since: new Date(failure.since).toISOString(),
      error: failure.error,
    };
    await this.sink.write([this.#makeText("audit.lost", payload)]);
    this.#failure = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#log.info("audit sink works again", {
      kind: this.sink.kind,
      target: this.sink.target,
      [outcome]: count,
    });
  }

  #scheduleRetry(): void {
    if (this.#cancelRetry !== undefined || this.#closed) return;
    this.#cancelRetry = this.#clock.schedule(this.#retryMs, () => {
      this.#cancelRetry = undefined;
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      this.#recover().catch(() => this.#scheduleRetry());
    });
  }

  #unavailable(cause: unknown): FlowgateError {
    return new FlowgateError("AUDIT_UNAVAILABLE", `The audit sink \`${this.sink.kind}\` cannot record`, {
      cause,
    });
  }
}
