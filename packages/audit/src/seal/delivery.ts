import type { AuditSinkKind, Clock, Log } from "@mcp-flowgate/core";
import type { EventText } from "../record.ts";
import type { Sink } from "../sinks/sink.ts";

/** One sink of those that records of a store are handed to. */
export interface Delivery {
  readonly sink: Sink;
  /** Resolves once the sink has recorded every event that it wants. What it has is not handed to it again. */
  deliver(texts: readonly EventText[]): Promise<void>;
  /** The store will not hand these out again. */
  sealed(texts: readonly EventText[]): void;
  /** Why it fails, and since when, where it does. */
  failure(): { readonly error: string; readonly since: number } | undefined;
}

/**
 * Hands records of a store to a sink.
 *
 * D1 Every record is handed on at least once: it stays unsealed until all sinks have it.
 * D2 A sink that can say what it has (`recent`) is asked before the first records, and again after a failure: what a
 *    process wrote before it was killed, or a write before it failed, is not written twice.
 */
export function createDelivery(
  sink: Sink,
  wants: (eventType: string) => boolean,
  deps: { readonly clock: Clock; readonly log: Log },
): Delivery {
  const delivered = new Set<string>();
  let isAsked = false;
  let failure: { readonly error: string; readonly since: number } | undefined;
  const about: { readonly kind: AuditSinkKind; readonly target?: string } = {
    kind: sink.kind,
    ...(sink.target === undefined ? {} : { target: sink.target }),
  };

  async function write(texts: readonly EventText[]): Promise<void> {
    if (!isAsked) {
      for (const id of (await sink.recent?.(RECENT)) ?? []) delivered.add(id);
      isAsked = true;
    }
    const fresh = texts.filter(({ id, eventType }) => wants(eventType) && !delivered.has(id));
    if (fresh.length > 0) await sink.write(fresh);
    for (const { id } of fresh) delivered.add(id);
  }

  return {
    sink,
    async deliver(texts) {
      try {
        await write(texts);
        if (failure !== undefined) deps.log.info("audit sink works again", { ...about });
        failure = undefined;
      } catch (thrown) {
        isAsked = false;
        const error = thrown instanceof Error ? thrown.message : String(thrown);
        if (failure === undefined) deps.log.error("audit sink fails", { ...about, error });
        failure = { error, since: failure?.since ?? deps.clock.now() };
        throw thrown;
      }
    },
    sealed(texts) {
      for (const { id } of texts) delivered.delete(id);
    },
    failure: () => failure,
  };
}

/** More than are handed over at a time, with what sinks write of their own between. */
const RECENT = 4096;
