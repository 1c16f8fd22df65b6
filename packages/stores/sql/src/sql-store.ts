import {
  FlowgateError,
  type AuditRows,
  type AuditSink,
  type Clock,
  type Digest,
  type Ids,
  type Log,
  type SealPurge,
  type SealTable,
  type SharedState,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import type { AuditChain } from "./audit-chain.ts";
import type { Collected, RetentionOptions } from "./retention.ts";

/** A store whose processes share a database. */
export interface SqlStore extends WorkflowStore, AuditRows {
  /** What opening it did to the schema. */
  readonly migrated: Migrated;
  /** What the processes on it agree on besides workflows. */
  readonly shared: SharedState;
  /** The checkpoints over audit records, and the records that none covers yet. */
  readonly checkpoints: SealTable;
  /** Removes what the retention allows to remove. Runs by itself now and then; a call is only needed for "now". */
  gc(): Promise<Collected>;
}

/** What every one of them takes. */
export interface SqlStoreOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly log: Log;
  /** What people call this process. Default the host's name and the process id. Need not be unique. */
  readonly replica?: string;
  /**
   * `terminalMs` is how long a terminal instance is kept that says nothing itself, default 30 days; `auditMs` how
   * long audit records are kept beyond their instance, default 400 days.
   */
  readonly retention?: RetentionOptions;
  /** How events become records. Left out, all are kept, as they are. */
  readonly auditChain?: AuditChain;
  /** Given where somebody makes checkpoints: retention then removes what is sealed, and says so in one of its own. */
  readonly sealPurge?: SealPurge;
  /** Told of events after they were committed. What it fails at is logged: the records themselves are in the store. */
  readonly forward?: AuditSink;
}

/** The number of the schema that was found and the one that it has now; 0 is none. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
}

/** What a closed store answers. */
export function closedError(): FlowgateError {
  return new FlowgateError("STORE_UNAVAILABLE", "the store is closed");
}
