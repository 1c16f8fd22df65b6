import { parseJson, type AuditSinkKind } from "@mcp-flowgate/core";
import { createBacklog, type Backlog } from "../backlog.ts";
import { createGroupCommit } from "../group-commit.ts";
import type { GroupCommit } from "../group-commit.ts";
import { emptyHead, linkEvents } from "../hash-chain.ts";
import type { ChainedLine, Head } from "../hash-chain.ts";
import type { EventText } from "../record.ts";
import type { Sink, SinkContext } from "./sink.ts";

/**
 * Sends records to another system, in groups, in order, one request at a time.
 *
 * N1 A request that fails is sent again, byte for byte: the receiver gets every record at least once and can tell
 *    repetitions by their ids.
 * N2 In the foreground (`fail_closed`) `write` resolves once the receiver has acknowledged, and rejects after a
 *    bounded number of attempts. What the receiver then has is not known, so a new stream begins.
 * N3 In the background (`fail_open`) `write` resolves at once and the request is repeated until it is acknowledged or
 *    the sink is closed; beyond `maxPending` waiting events, `write` rejects.
 */
export interface RemoteSinkOptions {
  readonly kind: AuditSinkKind;
  readonly target: string;
  readonly background: boolean;
  readonly attempts: number;
  readonly maxPending: number;
  /** How long `close` waits for what is still to be sent. */
  readonly closeMs: number;
  /** The request for a group of records, made once per group. */
  toRequest(lines: readonly ChainedLine[], texts: readonly EventText[]): RemoteRequest;
}

export interface RemoteRequest {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly timeoutMs: number;
}

/** The receiver says that it will never take this request: sending it again is no use. */
export class RefusedByReceiverError extends Error {
  override readonly name = "RefusedByReceiverError";
}

export function createRemoteSink(context: SinkContext, options: RemoteSinkOptions): Sink {
  return new RemoteSink(context, options);
}

const FIRST_WAIT_MS = 200;
const LAST_WAIT_MS = 30_000;
const GROUP_SIZE = 512;
/** Requests that are malformed, too large or not understood stay so. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

class RemoteSink implements Sink {
  readonly kind: AuditSinkKind;
  readonly target: string;
  readonly isRemote = true;
  readonly backlog: Backlog;
  readonly #context: SinkContext;
  readonly #options: RemoteSinkOptions;
  readonly #group: GroupCommit<EventText>;
  readonly #closing = new AbortController();
  #head: Head;
  #streams = 1;
  #trouble: string | undefined;
  #onLost: (texts: readonly EventText[], error: unknown) => void = () => undefined;

  constructor(context: SinkContext, options: RemoteSinkOptions) {
    this.#context = context;
    this.#options = options;
    this.kind = options.kind;
    this.target = options.target;
    this.backlog = createBacklog(() => context.clock.monotonic());
    this.#head = emptyHead(context.stream);
    this.#group = createGroupCommit((texts) => this.#send(texts), GROUP_SIZE);
  }

  write(texts: readonly EventText[]): Promise<void> {
    if (!this.#options.background) return this.#add(texts);
    if (this.#group.pending() + texts.length > this.#options.maxPending) {
      return Promise.reject(new Error(`${this.#group.pending()} events wait for ${this.target} already`));
    }
    this.#add(texts).catch((error: unknown) => this.#onLost(texts, error));
    return Promise.resolve();
  }

  #add(texts: readonly EventText[]): Promise<void> {
    return this.#group.add(texts).finally(this.backlog.enter(texts.length));
  }

  head(): Head {
    return this.#head;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  onLost(listener: (texts: readonly EventText[], error: unknown) => void): void {
    this.#onLost = listener;
  }

  async close(): Promise<void> {
    const cancel = this.#context.clock.schedule(this.#options.closeMs, () => this.#closing.abort());
    await this.#group.alone(() => Promise.resolve());
    cancel();
    this.#closing.abort();
  }

  async #send(texts: readonly EventText[]): Promise<void> {
    const linked = linkEvents(this.#head, texts, this.#context.digest);
    try {
      await this.#deliver(this.#options.toRequest(linked.lines, texts));
      this.#head = linked.head;
      this.#trouble = undefined;
    } catch (error) {
      this.#streams += 1;
      this.#head = emptyHead(`${this.#context.stream}.${this.#streams}`);
      throw error;
    }
  }

  async #deliver(request: RemoteRequest): Promise<void> {
    const attempts = this.#options.background ? Number.POSITIVE_INFINITY : this.#options.attempts;
    for (let attempt = 1, wait = FIRST_WAIT_MS; ; attempt += 1, wait = Math.min(wait * 2, LAST_WAIT_MS)) {
      try {
        await post(this.#context.fetch, request, this.#closing.signal);
        return;
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        const final = error instanceof RefusedByReceiverError || attempt >= attempts;
        if (final || this.#closing.signal.aborted) throw error;
        const asked = error instanceof UnavailableError ? error.retryAfterMs : undefined;
        await this.#sleep(Math.min(asked ?? wait, LAST_WAIT_MS));
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.schedule(ms, resolve);
      this.#closing.signal.addEventListener("abort", () => (cancel(), resolve()), { once: true });
    });
  }
}

class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Redirects are not followed: records and credentials go where the operator said, or nowhere. */
async function post(send: SinkContext["fetch"], request: RemoteRequest, closing: AbortSignal): Promise<void> {
  const { host } = new URL(request.url);
  let response: Response;
  let text: string;
  try {
    response = await send(request.url, {
      method: "POST",
      headers: { ...request.headers, "content-type": "application/json" },
      body: request.body,
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(request.timeoutMs)]),
    });
    text = await response.text();
  } catch (error) {
    // The cause of a failed fetch names the address and the reason, never headers or the body.
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new UnavailableError(`${host} cannot be reached: ${reason}`);
  }
  if (response.ok) return checkPartial(host, text);
  const message = `${host} answered ${response.status}`;
  if (REFUSALS.has(response.status)) throw new RefusedByReceiverError(message);
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  throw new UnavailableError(message, Number.isFinite(after) ? after * 1000 : undefined);
}

/** OTLP answers 200 also where it took only some of the records. */
function checkPartial(host: string, text: string): void {
  if (!text.includes("partialSuccess")) return;
  let rejected = 0;
  try {
    const answer = parseJson(text) as { partialSuccess?: { rejectedLogRecords?: string | number } };
    rejected = Number(answer.partialSuccess?.rejectedLogRecords ?? 0);
  } catch {
    return;
  }
  if (rejected > 0) throw new RefusedByReceiverError(`${host} rejected ${rejected} records`);
}
