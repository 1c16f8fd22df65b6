import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Writable } from "node:stream";
import { createRecord, FlowgateError, isJsonObject } from "@mcp-flowgate/core";
import type {
  AuditDraft,
  AuditIr,
  AuditSink,
  AuditSinkKind,
  Clock,
  Digest,
  Ids,
  Log,
  SealTable,
} from "@mcp-flowgate/core";
import { createDelivery } from "./seal/delivery.ts";
import type { Delivery } from "./seal/delivery.ts";
import { createSealer } from "./seal/sealer.ts";
import type { Sealer } from "./seal/sealer.ts";
import { isSealed } from "./seal/seal-settings.ts";
import type { SealSettings } from "./seal/seal-settings.ts";
import { createEventFilter } from "./event-filter.ts";
import { createGuardedSink } from "./guard-sink.ts";
import type { GuardedSink, SinkHealth } from "./guard-sink.ts";
import type { Head } from "./hash-chain.ts";
import { createTextMaker, redactionKey, signingKeyPath } from "./make-text.ts";
import { toEventText } from "./record.ts";
import type { AuditRecord, EventText } from "./record.ts";
import { loadSigningKey } from "./signing-key.ts";
import { createFileSink } from "./sinks/file.ts";
import { createMemorySink } from "./sinks/memory.ts";
import type { MemorySink } from "./sinks/memory.ts";
import type { Sink, SinkContext } from "./sinks/sink.ts";
import { createOtlpSink } from "./sinks/otlp.ts";
import { createStreamSink } from "./sinks/stream.ts";
import { createWebhookSink } from "./sinks/webhook.ts";
import type { WebhookSinkOptions } from "./sinks/webhook.ts";

type SinkIr = AuditIr["sinks"][number];

export interface AuditSinkDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  /** Values that must not be recorded in any form. */
  readonly secrets: readonly string[];
  readonly log: Log;
  /** The name of this process in the trail. No two running processes may share one; random where it is left out. */
  readonly process?: string;
  readonly stderr?: Writable;
  /** Only given where standard output is not the protocol's channel: without it the sink `stdout` is refused. */
  readonly stdout?: Writable;
  /**
   * A durable store keeps the events, in its own transactions, until files, webhooks and collectors have them (`seal`).
   * The other sinks are handed events after the commit: with `fail_closed`, what these miss is lost, not refused.
   */
  readonly afterCommit?: boolean;
  /** How `otlp` and `webhook` send; the platform's own `fetch` where it is left out. */
  readonly fetch?: SinkContext["fetch"];
  /** Kinds that the store records in its own transactions. The others have to be known here. */
  readonly recordedByStore?: readonly AuditSinkKind[];
}

/** Whether events can be recorded, for `/ready` and metrics. */
export interface AuditHealth {
  /** False where a sink fails and `onFailure` is `fail_closed`: effects are being refused. */
  readonly ready: boolean;
  readonly onFailure: AuditIr["onFailure"];
  readonly sinks: readonly SinkHealth[];
}

/** All configured sinks as one. */
export interface AuditTrail extends AuditSink {
  health(): AuditHealth;
  /** How far the stream of each sink has come. */
  heads(): readonly Head[];
  /** Begins to hand the records of a store to the sinks and to seal them. `isLive` is false where this process may not act. */
  seal(table: SealTable, settings: SealSettings, isLive: () => boolean): void;
  /** That many events were committed to the store. */
  committed(events: number): void;
  /** @throws FlowgateError `AUDIT_UNAVAILABLE` where nothing may be begun: a sink fails, or too many records are unsealed. */
  requireRoom(): void;
  /** Seals what can be sealed now, and ends that. Before the store is closed. */
  stopSealing(): Promise<void>;
  /** Opens files anew: after SIGHUP, for logrotate. A moved file is also noticed without it, at the next event. */
  reopen(): Promise<void>;
  /** What the memory sink holds, oldest first; nothing where there is none. */
  records(): readonly AuditRecord[];
  close(): Promise<void>;
}

/**
 * The sinks of a configuration as one. `append` resolves once every sink that wants the events has recorded them.
 *
 * @throws FlowgateError `AUDIT_UNAVAILABLE` for a configuration that cannot work: `stdout` where that is the protocol's
 * channel, a path that is a folder or cannot be written, a pointer that cannot be redacted, a sink kind that
 * the store would have to record but does not. A full disk does not stop the start: it is tried again.
 */
export async function createAuditSink(ir: AuditIr, deps: AuditSinkDeps): Promise<AuditTrail> {
  const sinks: GuardedSink[] = [];
  const parts: Part[] = [];
  try {
    const makeText = createTextMaker(ir, deps, await redactionKey(ir));
    for (const [index, sinkIr] of ir.sinks.entries()) {
      if (sinkIr.kind === "none" || deps.recordedByStore?.includes(sinkIr.kind)) continue;
      const context = createContext(deps, index);
      const sink = await createSink(sinkIr, ir, context, deps);
      const wants = createEventFilter(sinkIr.events);
      if (context.afterCommit && isSealed(sinkIr.kind)) {
        const delivery = createDelivery(sink, wants, deps);
        parts.push({ sink, delivery, close: () => sink.close() });
      } else {
        const guarded = createGuardedSink(sink, wants, ir.onFailure, context);
        sinks.push(guarded);
        parts.push({ sink, guarded, close: () => guarded.close() });
      }
    }
    return new CompositeTrail(ir, deps, makeText, sinks, parts);
  } catch (error) {
    await Promise.allSettled(parts.map((part) => part.close()));
    if (error instanceof FlowgateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FlowgateError("AUDIT_UNAVAILABLE", `The audit trail cannot be opened: ${reason}`, {
      cause: error,
    });
  }
}

/** One sink, which is handed events itself or gets them from a store. */
interface Part {
  readonly sink: Sink;
  readonly guarded?: GuardedSink;
  readonly delivery?: Delivery;
  close(): Promise<void>;
}

class CompositeTrail implements AuditTrail {
  readonly #ir: AuditIr;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #makeText: (draft: AuditDraft) => EventText;
  /** Those of the parts that are handed events themselves. */
  readonly #sinks: readonly GuardedSink[];
  readonly #parts: readonly Part[];
  #sealer: Sealer | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    ir: AuditIr,
    { log, clock }: AuditSinkDeps,
    makeText: (draft: AuditDraft) => EventText,
    sinks: readonly GuardedSink[],
    parts: readonly Part[],
  ) {
    this.#ir = ir;
    this.#log = log;
    this.#clock = clock;
    this.#makeText = makeText;
    this.#sinks = sinks;
    this.#parts = parts;
  }

  async append(events: readonly AuditDraft[]): Promise<void> {
    if (this.#sinks.length === 0 || events.length === 0) return;
    if (this.#closed !== undefined) throw new FlowgateError("AUDIT_UNAVAILABLE", "The audit trail is closed");
    const texts = this.#toTexts(events);
    if (this.#sinks.length === 1) return this.#sinks[0]?.append(texts);
    const results = await Promise.allSettled(this.#sinks.map((sink) => sink.append(texts)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  health(): AuditHealth {
    const { onFailure } = this.#ir;
    const direct = this.#sinks.every((sink) => sink.health().ok);
    const ready = onFailure === "fail_open" || (direct && this.#sealer?.hasRoom() !== false);
    return { ready, onFailure, sinks: this.#parts.map((part) => this.#healthOf(part)) };
  }

  seal(table: SealTable, settings: SealSettings, isLive: () => boolean): void {
    if (settings.key === undefined) {
      this.#log.warn("checkpoints over audit records are not signed: audit.signingKeyFile names no key");
    }
    this.#sealer = createSealer({
      table,
      deliveries: this.#parts.flatMap(({ delivery }) => delivery ?? []),
      ...settings,
      maxUnsealed: this.#ir.maxUnsealed ?? MAX_UNSEALED,
      refuses: this.#ir.onFailure === "fail_closed",
      isLive,
      clock: this.#clock,
      log: this.#log,
    });
  }

  committed(events: number): void {
    this.#sealer?.committed(events);
  }

  requireRoom(): void {
    this.#sealer?.requireRoom();
    const { ready, sinks } = this.health();
    if (ready) return;
    const failing = sinks.find(({ ok }) => !ok);
    throw new FlowgateError(
      "AUDIT_UNAVAILABLE",
      `The audit trail cannot be written (${failing?.kind ?? "unknown sink"}), and audit.onFailure is fail_closed.`,
    );
  }

  async stopSealing(): Promise<void> {
    await this.#sealer?.stop();
  }

  heads(): readonly Head[] {
    return this.#parts.map(({ sink }) => sink.head());
  }

  async reopen(): Promise<void> {
    await Promise.all(this.#parts.map(({ sink }) => sink.reopen?.()));
  }

  records(): readonly AuditRecord[] {
    const memory = this.#sinks.find(({ sink }) => sink.kind === "memory");
    return memory === undefined ? [] : (memory.sink as MemorySink).records();
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    for (const result of await Promise.allSettled(this.#parts.map((part) => part.close()))) {
      if (result.status === "rejected") {
        this.#log.error("audit sink did not close well", { error: String(result.reason) });
      }
    }
  }

  #healthOf({ sink, guarded, delivery }: Part): SinkHealth {
    if (guarded !== undefined) return guarded.health();
    const failure = delivery?.failure();
    const { events, oldestAt } = this.#sealer?.backlog() ?? { events: 0 };
    return {
      kind: sink.kind,
      ...(sink.target === undefined ? {} : { target: sink.target }),
      ok: failure === undefined,
      ...(failure === undefined ? {} : { error: failure.error, failingSince: failure.since }),
      lost: 0,
      refused: 0,
      pending: events,
      pendingMs: oldestAt === undefined ? 0 : Math.max(0, this.#clock.now() - oldestAt),
    };
  }

  #toTexts(events: readonly AuditDraft[]): readonly EventText[] {
    try {
      return events.map(this.#makeText);
    } catch (error) {
      if (this.#ir.onFailure === "fail_open") {
        this.#log.error("audit event has no JSON text and is lost", { error: String(error) });
        return [];
      }
      throw new FlowgateError("AUDIT_UNAVAILABLE", "The event cannot be written as JSON", { cause: error });
    }
  }
}

/** Records that may be unsealed before `fail_closed` refuses, where the configuration does not say. */
const MAX_UNSEALED = 10_000;

async function createSink(
  ir: SinkIr,
  audit: AuditIr,
  context: SinkContext,
  deps: AuditSinkDeps,
): Promise<Sink> {
  switch (ir.kind) {
    case "memory":
      return createMemorySink(context, { maxRecords: numberOption(ir, "maxRecords", 10_000) });
    case "stderr":
      return createStreamSink(context, "stderr", deps.stderr ?? process.stderr);
    case "stdout":
      if (deps.stdout === undefined) {
        throw unusable(
          "The audit sink `stdout` cannot be used here: standard output is the protocol's channel",
        );
      }
      return createStreamSink(context, "stdout", deps.stdout);
    case "file":
      return createFileSink(context, {
        path: filePath(ir),
        rotate: audit.rotate,
        fsync: ir.options["fsync"] === "never" ? "never" : "always",
        checkpointMs: numberOption(ir, "checkpointMs", 60_000),
        ...headsOption(ir),
        key: await loadSigningKey(signingKeyPath(audit, filePath(ir)) ?? ""),
        process: deps.process ?? `${hostname()}:${process.pid}`,
      });
    case "webhook":
      return createWebhookSink(context, {
        ...remoteOptions(ir, audit, deps),
        url: remoteUrl(ir),
        secret:
          textOption(ir, "secret") ?? refuse("The audit sink `webhook` needs `options.secret` to sign with"),
      });
    case "otlp":
      return createOtlpSink(context, {
        ...remoteOptions(ir, audit, deps),
        url: remoteUrl(ir),
        serviceName: textOption(ir, "serviceName") ?? "mcp-flowgate",
      });
    default:
      throw unusable(`The audit sink \`${ir.kind}\` is recorded by a store that this gateway does not use`);
  }
}

function createContext(deps: AuditSinkDeps, index: number): SinkContext {
  const name = deps.process ?? randomBytes(9).toString("base64url");
  const correlationId = deps.ids.next("cor");
  return {
    clock: deps.clock,
    digest: deps.digest,
    log: deps.log,
    fetch: deps.fetch ?? fetch,
    afterCommit: deps.afterCommit === true,
    stream: `gateway:${name.replace(/[^\w.:@-]/g, "_")}${index === 0 ? "" : `/${index}`}`,
    makeText: (type, payload) =>
      toEventText({ id: deps.ids.next("evt"), type, at: deps.clock.now(), correlationId, payload }),
  };
}

function remoteOptions(
  ir: SinkIr,
  audit: AuditIr,
  deps: AuditSinkDeps,
): Pick<WebhookSinkOptions, "background" | "attempts" | "maxPending" | "closeMs" | "headers" | "timeoutMs"> {
  const headers = ir.options["headers"];
  const entries = isJsonObject(headers) ? Object.entries(headers) : [];
  return {
    // What a store keeps until it is acknowledged need not be kept in memory.
    background: audit.onFailure === "fail_open" && deps.afterCommit !== true,
    attempts: numberOption(ir, "attempts", 3),
    maxPending: numberOption(ir, "maxPending", 10_000),
    closeMs: numberOption(ir, "closeMs", 5000),
    timeoutMs: numberOption(ir, "timeoutMs", 5000),
    headers: createRecord(entries.map(([name, value]) => [name, String(value)])),
  };
}

function remoteUrl(ir: SinkIr): string {
  const { protocol } = new URL(ir.url ?? refuse(`The audit sink \`${ir.kind}\` needs a \`url\``));
  if (protocol !== "http:" && protocol !== "https:")
    refuse(`The audit sink \`${ir.kind}\` speaks http and https`);
  return ir.url ?? "";
}

function textOption(ir: SinkIr, name: string): string | undefined {
  const value = ir.options[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function refuse(message: string): never {
  throw unusable(message);
}

function filePath(ir: SinkIr): string {
  return ir.path ?? refuse("The audit sink `file` needs a `path`");
}

function headsOption(ir: SinkIr): { readonly headsPath?: string } {
  const heads = ir.options["heads"];
  if (heads === false) return {};
  return { headsPath: typeof heads === "string" ? heads : `${filePath(ir)}.heads` };
}

function numberOption(ir: SinkIr, name: string, usual: number): number {
  const value = ir.options[name];
  return typeof value === "number" && value > 0 ? value : usual;
}

function unusable(message: string): FlowgateError {
  return new FlowgateError("AUDIT_UNAVAILABLE", message);
}
