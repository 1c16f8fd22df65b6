export { createAuditChain } from "@mcp-flowgate/store-sql";
export type { AuditChain, AuditHead, AuditLine, Collected, Migrated } from "@mcp-flowgate/store-sql";
export { createPostgresLink } from "./bus-link.ts";
export { inspectPostgresStore } from "./inspect.ts";
export { createPostgresStore } from "./postgres-store.ts";
export type { PostgresStore, PostgresStoreOptions } from "./postgres-store.ts";
