/**
 * The bus over a link.
 *
 * Owns the link and opens the next one when it ends.
 * - B1 It never fails anybody: what cannot be sent is dropped, and its truth is found in the store.
 * - B2 A link is up when it was heard over: a ping of one's own comes back. One that is silent is given up.
 * - B3 What is published in so short a time travels together; the same message once.
 */
import {
  BUS_TEXT_BYTES,
  isJsonObject,
  tryParseJson,
  type Bus,
  type BusLink,
  type BusMessage,
  type BusStatus,
  type Clock,
  type Ids,
  type Json,
  type Log,
  type OpenBusLink,
} from "@mcp-flowgate/core";

export interface HintBusOptions {
  /** What people call it. */
  readonly kind: string;
  readonly open: OpenBusLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

const GATHER_MS = 5;
const PING_MS = 5_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
/** Beyond so many waiting messages the rest is dropped: whoever is not told finds it. */
const MOST_WAITING = 1_000;
/** A message's share of a text. */
const MESSAGE_BYTES = 1_000;

/** Opens the bus in the background; it is of use, as far as it is, from the first moment on. */
export function createHintBus(options: HintBusOptions): Bus {
  const bus = new HintBus(options);
  void bus.connect();
  return bus;
}

class HintBus implements Bus {
  readonly #options: HintBusOptions;
  readonly #self: string;
  readonly #listeners = new Set<(message: BusMessage) => void>();
  readonly #waiting = new Map<string, BusMessage>();
  #link: BusLink | undefined;
  #isHeard = false;
  #pinged = 0;
  #problem: string | undefined = "it is being opened";
  #tries = 0;
  #cancels: { gather?: () => void; ping?: () => void; retry?: () => void } = {};
  #isClosed = false;
  #hasSaidLost = false;

  constructor(options: HintBusOptions) {
    this.#options = options;
    this.#self = options.ids.next("bus");
  }

  publish(message: BusMessage): void {
    const key = JSON.stringify(message);
    if (this.#link === undefined || this.#waiting.size >= MOST_WAITING || key.length > MESSAGE_BYTES) return;
    this.#waiting.set(key, message);
    this.#cancels.gather ??= this.#options.clock.schedule(GATHER_MS, () => this.#send());
  }

  listen(listener: (message: BusMessage) => void): () => void {
    const call = (message: BusMessage): void => listener(message);
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  status(): BusStatus {
    const { kind } = this.#options;
    const problem = this.#problem;
    return problem === undefined ? { kind, up: true } : { kind, up: false, problem };
  }

  async close(): Promise<void> {
    this.#send();
    this.#isClosed = true;
    this.#listeners.clear();
    for (const cancel of Object.values(this.#cancels)) cancel();
    const link = this.#link;
    this.#link = undefined;
    await link?.close().catch(() => undefined);
  }

  async connect(): Promise<void> {
    let link: BusLink | undefined;
    let isLost = false;
    try {
      link = await this.#options.open({
        message: (text) => this.#hear(text),
        lost: (reason) => {
          isLost = true;
          if (this.#link === link) this.#lose(reason);
        },
      });
      if (this.#isClosed) return await link.close();
      if (isLost) throw new Error("the server ended the connection");
      this.#link = link;
      this.#isHeard = false;
      this.#pinged = 0;
      this.#ping();
    } catch (thrown) {
      this.#lose(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #lose(reason: string): void {
    if (this.#isClosed) return;
    const { clock, ids, log, kind } = this.#options;
    const link = this.#link;
    this.#link = undefined;
    this.#problem = reason;
    this.#waiting.clear();
    for (const cancel of Object.values(this.#cancels)) cancel();
    this.#cancels = {};
    link?.close().catch(() => undefined);
    if (!this.#hasSaidLost) {
      this.#hasSaidLost = true;
      log.warn("the bus between replicas is away; they hear of each other from the store, a little later", {
        bus: kind,
        reason,
      });
    }
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#tries) * (0.5 + ids.random() / 2);
    this.#tries += 1;
    this.#cancels.retry = clock.schedule(wait, () => void this.connect());
  }

  /** B2. */
  #ping(): void {
    if (this.#pinged > 1 && !this.#isHeard) return this.#lose("what is sent does not come back");
    if (this.#pinged > 0) this.#isHeard = false;
    this.#pinged += 1;
    this.#transmit([]);
    this.#cancels.ping = this.#options.clock.schedule(PING_MS, () => this.#ping());
  }

  #send(): void {
    this.#cancels.gather?.();
    delete this.#cancels.gather;
    const messages = [...this.#waiting.values()];
    this.#waiting.clear();
    let part: BusMessage[] = [];
    let bytes = 0;
    for (const message of messages) {
      const size = Buffer.byteLength(JSON.stringify(message)) + 1;
      if (bytes + size > BUS_TEXT_BYTES - MESSAGE_BYTES) {
        this.#transmit(part);
        part = [];
        bytes = 0;
      }
      part.push(message);
      bytes += size;
    }
    if (part.length > 0) this.#transmit(part);
  }

  #transmit(messages: readonly BusMessage[]): void {
    const link = this.#link;
    link?.send(JSON.stringify({ from: this.#self, messages })).catch(() => {
      if (this.#link === link) this.#lose("it takes nothing any more");
    });
  }

  #hear(text: string): void {
    const envelope = parse(text);
    if (envelope === undefined) return;
    if (envelope["from"] === this.#self) return this.#hearSelf();
    const { messages } = envelope;
    if (!Array.isArray(messages)) return;
    for (const message of messages) {
      if (!isMessage(message)) continue;
      for (const listener of this.#listeners) {
        try {
          listener(message);
        } catch (thrown) {
          this.#options.log.error("a listener of the bus failed", { error: String(thrown) });
        }
      }
    }
  }

  #hearSelf(): void {
    this.#isHeard = true;
    this.#tries = 0;
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    if (this.#hasSaidLost)
      this.#options.log.info("the bus between replicas is back", { bus: this.#options.kind });
    this.#hasSaidLost = false;
  }
}

/** Whoever writes to the channel without knowing its form tells us nothing. */
function parse(text: string): { readonly [name: string]: Json } | undefined {
  const value = tryParseJson(text);
  return isJsonObject(value) ? value : undefined;
}

const TOPICS: { readonly [Topic in BusMessage["topic"]]: readonly string[] } = {
  changed: ["workflowId"],
  cancel: ["workflowId"],
  decided: [],
  tools: ["connection"],
};

function isMessage(value: Json): value is BusMessage & JsonMessage {
  if (!isJsonObject(value)) return false;
  const topic = value["topic"];
  return (
    typeof topic === "string" &&
    Object.hasOwn(TOPICS, topic) &&
    TOPICS[topic as BusMessage["topic"]].every((name) => typeof value[name] === "string")
  );
}

type JsonMessage = { readonly [name: string]: Json };
