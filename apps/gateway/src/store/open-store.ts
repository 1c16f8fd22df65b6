import { createStoreChain, type AuditTrail } from "@mcp-flowgate/audit";
import type { AuditSink, Clock, Digest, GatewayPlan, Ids, Log, WorkflowStore } from "@mcp-flowgate/core";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import type { PostgresStore } from "@mcp-flowgate/store-postgres";
import type { SqliteStore } from "@mcp-flowgate/store-sqlite";
import { refuseWithoutAudit } from "./refuse-without-audit.ts";

export interface StoreParts {
  readonly plan: GatewayPlan;
  readonly trail: AuditTrail;
  /** The trail, or what stands in front of it. */
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly log: Log;
}

/** The kinds of audit sink that a store keeps itself, in the transaction of what they record. */
export function sinksOfStore(plan: GatewayPlan): readonly ("sqlite" | "postgres")[] {
  return plan.store.kind === "memory" ? [] : [plan.store.kind];
}

/** The store that a configuration names. A database driver is loaded only where it is used. */
export async function openStore(parts: StoreParts): Promise<WorkflowStore> {
  const { plan, audit, clock } = parts;
  switch (plan.store.kind) {
    case "memory":
      return createMemoryStore({ clock, audit });
    case "sqlite":
      return refuseWithoutAudit(await openSqlite(parts), parts.trail);
    case "postgres":
      return refuseWithoutAudit(await openPostgres(parts), parts.trail);
    default:
      return plan.store.kind satisfies never;
  }
}

/** What the durable stores share. */
export type DurableParts = Omit<StoreParts, "trail" | "audit"> & { readonly audit?: AuditSink };

/** The store of a configuration whose `store.kind` is `sqlite`. */
export async function openSqlite(parts: DurableParts): Promise<SqliteStore> {
  const { createSqliteStore } = await import("@mcp-flowgate/store-sqlite");
  return await createSqliteStore({
    path: parts.plan.store.path as string,
    ...(await durable(parts, "sqlite")),
  });
}

/** The store of a configuration whose `store.kind` is `postgres`. */
export async function openPostgres(parts: DurableParts): Promise<PostgresStore> {
  const { createPostgresStore } = await import("@mcp-flowgate/store-postgres");
  const { url, poolSize, statementTimeoutMs } = parts.plan.store;
  return await createPostgresStore({
    url: url as string,
    poolSize,
    statementTimeoutMs,
    ...(await durable(parts, "postgres")),
  });
}

async function durable({ plan, audit, clock, ids, digest, log }: DurableParts, kind: "sqlite" | "postgres") {
  return {
    clock,
    ids,
    digest,
    log,
    leaseMs: plan.store.leaseMs,
    retention: plan.store.retention,
    auditChain: await createStoreChain(plan.audit, kind, { ids, digest, secrets: plan.secrets }),
    ...(audit === undefined ? {} : { forward: audit }),
  };
}
