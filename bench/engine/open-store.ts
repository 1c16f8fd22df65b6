import type { WorkflowStore } from "@mcp-flowgate/core";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import { createPostgresStore } from "@mcp-flowgate/store-postgres";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import { ports } from "./engine.ts";

export const STORE_KINDS = ["memory", "sqlite", "postgres"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** `place`: the file of SQLite, the URL of Postgres. */
export async function openStore(kind: StoreKind, place: string, leaseMs = 15_000): Promise<WorkflowStore> {
  switch (kind) {
    case "memory":
      return createMemoryStore(ports);
    case "sqlite":
      return await createSqliteStore({ ...ports, path: place, leaseMs });
    case "postgres":
      return await createPostgresStore({ ...ports, url: place, leaseMs });
    default:
      return kind satisfies never;
  }
}
