import type { AuditSinkKind, Clock, Digest, JsonObject, Log } from "@mcp-flowgate/core";
import type { Backlog } from "../backlog.ts";
import type { Head } from "../hash-chain.ts";
import type { EventText, TrailEventType } from "../record.ts";

/** Where records go. Knows nothing of filters and of what a failure means: see `guard-sink.ts`. */
export interface Sink {
  readonly kind: AuditSinkKind;
  /** What people know it by: a path, or the origin of a URL. */
  readonly target?: string;
  /** Resolves once the events are as durable as the sink promises. Rejects where they are not, for whatever reason. */
  write(texts: readonly EventText[]): Promise<void>;
  /** How far its stream has come. */
  head(): Head;
  /** The ids of the last records that it holds for certain, whoever wrote them. */
  recent?(count: number): Promise<ReadonlySet<string>>;
  reopen?(): Promise<void>;
  /** True where every attempt may take seconds: a failing one is then not tried by each caller. */
  readonly isRemote?: boolean;
  /** Why it does not get on, where it has taken events that it could not deliver yet. */
  trouble?(): string | undefined;
  /** Kept by the sink itself where `write` resolves before the events are recorded. */
  readonly backlog?: Backlog;
  /** Hears of events that `write` had taken and that are lost after all. */
  onLost?(listener: (texts: readonly EventText[], error: unknown) => void): void;
  close(): Promise<void>;
}

/** What every sink is made with. */
export interface SinkContext {
  readonly clock: Clock;
  readonly digest: Digest;
  readonly log: Log;
  /** The name of the stream that the sink writes; no other sink or process has the same. */
  readonly stream: string;
  /** Events come once they have taken effect: what is not recorded is lost, and refusing it undoes nothing. */
  readonly afterCommit: boolean;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** An event that the trail writes about itself. */
  makeText(type: TrailEventType, payload: JsonObject): EventText;
}
