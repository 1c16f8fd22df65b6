export { createAuditChain } from "@mcp-flowgate/store-sql";
export type {
  AuditChain,
  AuditFilter,
  AuditHead,
  AuditLine,
  Collected,
  Migrated,
  StoredAudit,
} from "@mcp-flowgate/store-sql";
export { inspectSqliteStore } from "./inspect.ts";
export { createSqliteStore } from "./sqlite-store.ts";
export type { SqliteStore, SqliteStoreOptions } from "./sqlite-store.ts";
