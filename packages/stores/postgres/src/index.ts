export { createAuditChain } from "@mcp-flowgate/store-sql";
export type { AuditChain, AuditHead, AuditLine } from "@mcp-flowgate/store-sql";
export type { AuditFilter, StoredAudit } from "./audit-table.ts";
export type { Migrated } from "./migrate.ts";
export type { Collected } from "./retention.ts";
export { createPostgresLink } from "./bus-link.ts";
export { inspectPostgresStore } from "./inspect.ts";
export { createPostgresStore } from "./postgres-store.ts";
export type { PostgresStore, PostgresStoreOptions } from "./postgres-store.ts";
