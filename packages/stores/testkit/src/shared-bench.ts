import type { AuditDraft, AuditRows, AuditSink, Log, WorkflowStore } from "@mcp-flowgate/core";
import type { ManualClock } from "@mcp-flowgate/testkit";
import type { Child } from "./child-process.ts";

/** What tests ask of every store that keeps its rows in a database. */
export interface KeptStore extends WorkflowStore, AuditRows {
  /** How many rows of each kind were removed. */
  gc(): Promise<object>;
}

type Chain = (
  head: { readonly stream: string; readonly seq: number; readonly hash: string },
  draft: AuditDraft,
) =>
  | {
      readonly id: string;
      readonly eventType: string;
      readonly seq: number;
      readonly hash: string;
      readonly line: string;
    }
  | undefined;

export interface OpenOptions {
  readonly replica?: string;
  readonly clock?: ManualClock;
  readonly auditChain?: Chain;
  readonly forward?: AuditSink;
  readonly log?: Log;
  readonly retention?: { readonly terminalMs?: number; readonly auditMs?: number };
}

/** An empty database and what uses it, all gone after the test. Made inside one. */
export interface SharedBench {
  open(more?: OpenOptions): Promise<KeptStore>;
  /** A process that uses it, in one of the roles of {@link runStoreChild}. */
  start(role: string, ...given: readonly string[]): Child;
  /** Lets stores that are opened from now on go by this clock. @returns what lets time pass in which nothing that is scheduled runs. */
  keepTime(clock: ManualClock): Promise<(ms: number) => Promise<void>>;
}

export type CreateBench = () => Promise<SharedBench>;
