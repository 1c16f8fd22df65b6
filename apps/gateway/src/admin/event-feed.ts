/**
 * Tells operators and people who decide what has changed, so that they need not ask again and again.
 *
 * Owns: who listens, and what each has still to be told.
 * - E1 An event names what to look at again; what it is now, the other admin calls say. One may come twice, or for nothing.
 * - E2 Nobody hears of what the other calls would not show them.
 * - E3 What a listener has not taken yet is kept once for each thing, and bounded. Who reads too slowly loses it and is
 *   told so: `lagged` means look at everything again.
 * - E4 A stream ends after {@link MAX_AGE_MS} and with each reload: who may listen is asked again when it is opened again.
 */
import type { ApprovalStatus, Clock, JsonObject, Log, Principal, WorkflowStore } from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";
import type { Engine } from "@mcp-flowgate/workflow-engine";

/** Where a listener's events go. */
export interface EventSink {
  /** Whether more may be sent at once; where not, {@link EventSink.onRoom} says when. */
  send(event: string, data: JsonObject): boolean;
  onRoom(room: () => void): void;
  end(): void;
}

export interface EventFeed {
  /** Returns what to do when the sink is gone, or nothing where there are too many listeners. */
  listen(caller: Principal, sink: EventSink): (() => void) | undefined;
  /** A connection's state or what operators decided about it. */
  serverChanged(name: string): void;
  /** The configuration was read again; `ok` where it was taken over. */
  reloaded(ok: boolean): void;
  close(): void;
}

const MAX_LISTENERS = 64;
const MAX_WAITING = 1_000;
const MAX_AGE_MS = 15 * 60_000;
const APPROVAL_STATUSES: readonly ApprovalStatus[] = [
  "pending",
  "approved",
  "denied",
  "expired",
  "withdrawn",
  "consumed",
];

type Told = { readonly workflowId: string } | { readonly event: string; readonly data: JsonObject };

interface Listener {
  readonly caller: Principal;
  readonly sink: EventSink;
  /** By what it is about: the same thing waits once. */
  readonly waiting: Map<string, Told>;
  /** The last thing that was told of an approval. */
  readonly approvals: Map<string, string>;
  lagged: boolean;
  isFull: boolean;
  isTelling: boolean;
}

export function createEventFeed(options: {
  readonly engine: () => Pick<Engine, "get" | "approvals">;
  readonly store: Pick<WorkflowStore, "onChange">;
  readonly clock: Clock;
  readonly log: Log;
}): EventFeed {
  const { store, clock, log } = options;
  const listeners = new Set<Listener>();
  let stop: (() => void) | undefined;

  const enqueue = (listener: Listener, key: string, what: Told): void => {
    if (listener.waiting.size >= MAX_WAITING && !listener.waiting.has(key)) {
      listener.waiting.clear();
      listener.lagged = true;
    }
    listener.waiting.set(key, what);
    void tellAll(listener);
  };

  const tellAll = async (listener: Listener): Promise<void> => {
    if (listener.isTelling) return;
    listener.isTelling = true;
    try {
      while (!listener.isFull && listeners.has(listener)) {
        if (listener.lagged) {
          listener.lagged = false;
          send(listener, "lagged", {});
          continue;
        }
        const [first] = listener.waiting;
        if (first === undefined) return;
        const [key, what] = first;
        listener.waiting.delete(key);
        if ("event" in what) send(listener, what.event, what.data);
        else await tellOf(listener, what.workflowId);
      }
    } catch (error) {
      // A store that is away is told of elsewhere; the listener has to look again once it is back.
      log.debug("a change could not be told", { error: String(error) });
      listener.lagged = true;
    } finally {
      listener.isTelling = false;
    }
  };

  /** E2: the engine says what this caller may see. */
  const tellOf = async (listener: Listener, workflowId: string): Promise<void> => {
    const { caller: principal, approvals } = listener;
    const engine = options.engine();
    const { instance } = await engine.get(workflowId, principal);
    if (instance !== undefined) send(listener, "workflow", { id: workflowId });
    const { items } = await engine.approvals({ principal, workflowId, statuses: APPROVAL_STATUSES });
    for (const { id, status, decisions } of items) {
      const now = `${status} ${decisions.length}`;
      if (approvals.get(id) === now) continue;
      if (approvals.size >= MAX_WAITING) approvals.clear();
      approvals.set(id, now);
      send(listener, "approval", { id, workflowId });
    }
  };

  const send = (listener: Listener, event: string, data: JsonObject): void => {
    if (!listeners.has(listener)) return;
    const hasRoom = listener.sink.send(event, data);
    if (hasRoom || listener.isFull) return;
    listener.isFull = true;
    listener.sink.onRoom(() => {
      listener.isFull = false;
      void tellAll(listener);
    });
  };

  const tellThose = (permission: string, key: string, event: string, data: JsonObject): void => {
    for (const listener of listeners)
      if (grants(listener.caller.permissions, permission)) enqueue(listener, key, { event, data });
  };

  const endAll = (): void => {
    for (const { sink } of listeners) sink.end();
  };

  return {
    listen(caller, sink) {
      if (listeners.size >= MAX_LISTENERS) return undefined;
      const listener: Listener = {
        caller,
        sink,
        waiting: new Map(),
        approvals: new Map(),
        lagged: false,
        isFull: false,
        isTelling: false,
      };
      listeners.add(listener);
      stop ??= store.onChange((workflowId) => {
        for (const one of listeners) enqueue(one, `workflow ${workflowId}`, { workflowId });
      });
      const cancel = clock.schedule(MAX_AGE_MS, () => sink.end());
      return () => {
        cancel();
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
    serverChanged: (name) => tellThose("gateway.servers", `server ${name}`, "server", { name }),
    reloaded(ok) {
      for (const listener of listeners)
        if (grants(listener.caller.permissions, "gateway.config")) send(listener, "reload", { ok });
      if (ok) endAll();
    },
    close: endAll,
  };
}
