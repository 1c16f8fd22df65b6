export { toAggregate } from "./aggregate.ts";
export type { AggregateParts } from "./aggregate.ts";
export { createAuditChain, GENESIS_HASH, linkRecord, streamOf } from "./audit-chain.ts";
export type { AuditChain, AuditHead, AuditLine } from "./audit-chain.ts";
export { fromJsonText, toJsonText } from "./json-text.ts";
export { fromCursor, toPage } from "./page.ts";
export type { PagePlace } from "./page.ts";
export { createRowWriter } from "./row-writer.ts";
export type { RowForm, RowWriter } from "./row-writer.ts";
export { fromInstanceRow, fromOperationRow, isLiveOrFinal, toTime } from "./rows.ts";
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
