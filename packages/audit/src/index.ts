export { createAuditSink } from "./create-audit-sink.ts";
export type { AuditHealth, AuditSinkDeps, AuditTrail } from "./create-audit-sink.ts";
export type { SinkHealth } from "./guard-sink.ts";
export type { Head } from "./hash-chain.ts";
export { GENESIS_HASH, TRAIL_EVENT_TYPES } from "./record.ts";
export type { AuditRecord, RecordType, TrailEventType } from "./record.ts";
