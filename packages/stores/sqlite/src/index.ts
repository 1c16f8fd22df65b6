export { createAuditChain } from "@mcp-flowgate/store-sql";
export type { AuditChain, AuditHead, AuditLine } from "@mcp-flowgate/store-sql";
export type { AuditFilter, StoredAudit } from "./audit-table.ts";
export type { Migrated } from "./database.ts";
export type { Collected } from "./retention.ts";
export { inspectSqliteStore } from "./inspect.ts";
export { createSqliteStore } from "./sqlite-store.ts";
export type { SqliteStore, SqliteStoreOptions } from "./sqlite-store.ts";
