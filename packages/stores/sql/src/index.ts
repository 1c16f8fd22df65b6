export { toAggregate } from "./aggregate.ts";
export type { AggregateParts } from "./aggregate.ts";
export { createAuditChain, GENESIS_HASH, linkRecord, ownStreamOf, streamOf } from "./audit-chain.ts";
export type { AuditChain, AuditHead, AuditLine } from "./audit-chain.ts";
export { createForwarding } from "./forwarding.ts";
export type { Forwarding } from "./forwarding.ts";
export { fromJsonText, toJsonText } from "./json-text.ts";
export { dispatchUntil, ORPHAN_GRACE_MS, toLease } from "./lease-terms.ts";
export { createListeners } from "./listeners.ts";
export type { Listeners } from "./listeners.ts";
export { fromCursor, toPage } from "./page.ts";
export type { PagePlace } from "./page.ts";
export { collectNowAndThen, RATE_MEMORY_MS, toRetention } from "./retention.ts";
export type { Collected, RetentionOptions } from "./retention.ts";
export { createRowWriter } from "./row-writer.ts";
export type { RowForm, RowWriter } from "./row-writer.ts";
export { fromInstanceRow, fromOperationRow, isLiveOrFinal, NOBODY, toTime } from "./rows.ts";
export type {
  ApprovalRow,
  BatchRows,
  BlobRow,
  ChildRow,
  InstanceRow,
  OperationRow,
  RequestRow,
  StandingInstance,
} from "./rows.ts";
export { closedError } from "./sql-store.ts";
export type { Migrated, SqlStore, SqlStoreOptions } from "./sql-store.ts";
