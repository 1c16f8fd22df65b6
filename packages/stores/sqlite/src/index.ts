export { createAuditChain } from "@mcp-flowgate/store-sql";
export type { AuditChain, AuditHead, AuditLine, Collected, Migrated } from "@mcp-flowgate/store-sql";
export { inspectSqliteStore } from "./inspect.ts";
export { createSqliteStore } from "./sqlite-store.ts";
export type { SqliteStore, SqliteStoreOptions } from "./sqlite-store.ts";
