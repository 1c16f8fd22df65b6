import {
  createSealPurge,
  createStoreChain,
  keepsRows,
  readSealSettings,
  type SealedRows,
  type AuditTrail,
  type SealSettings,
} from "@mcp-flowgate/audit";
import type {
  AuditSink,
  Clock,
  Digest,
  GatewayPlan,
  Ids,
  Log,
  SharedState,
  WorkflowStore,
} from "@mcp-flowgate/core";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import type { PostgresStore } from "@mcp-flowgate/store-postgres";
import type { SqliteStore } from "@mcp-flowgate/store-sqlite";
import { createOwnState } from "../cluster/own-state.ts";
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
export async function openStore(parts: StoreParts): Promise<OpenedStore> {
  const { plan, trail, clock, audit } = parts;
  const seals = await sealSettings(plan);
  const opened = await openDurable({ ...parts, forward: audit, ...(seals && { seals }) });
  if (opened === undefined)
    return { store: createMemoryStore({ clock, audit }), shared: createOwnState(clock) };
  const { store } = opened;
  const guarded = { store: refuseWithoutAudit(store, trail), shared: store.shared };
  if (seals === undefined) return guarded;
  trail.seal(store.checkpoints, seals, () => clock.monotonic() < store.lease().validUntil);
  return { ...guarded, rows: store };
}

export interface OpenedStore {
  readonly store: WorkflowStore;
  readonly shared: SharedState;
  /** The audit records that it keeps, where it keeps any. */
  readonly rows?: SealedRows;
}

/** How the records of the configuration's store are sealed, where it keeps any. */
export async function sealSettings({ store, audit }: GatewayPlan): Promise<SealSettings | undefined> {
  if (store.kind === "memory" || !keepsRows(audit, store.kind)) return undefined;
  return await readSealSettings(audit, store.kind === "sqlite" ? store.path : undefined);
}

/** A store that outlives the process, with what only those can do. */
export type DurableStore =
  | { readonly kind: "sqlite"; readonly store: SqliteStore }
  | { readonly kind: "postgres"; readonly store: PostgresStore };

export interface DurableParts extends Omit<StoreParts, "trail" | "audit"> {
  readonly forward?: AuditSink;
  /** Left out where nothing is to be removed. */
  readonly seals?: SealSettings;
}

/** The store that a configuration names, where it is one that outlives the process. */
export async function openDurable(parts: DurableParts): Promise<DurableStore | undefined> {
  const { kind, path, url, poolSize, statementTimeoutMs } = parts.plan.store;
  switch (kind) {
    case "memory":
      return undefined;
    case "sqlite": {
      const { createSqliteStore } = await import("@mcp-flowgate/store-sqlite");
      const store = await createSqliteStore({ path: path as string, ...(await durable(parts, kind)) });
      return { kind, store };
    }
    case "postgres": {
      const { createPostgresStore } = await import("@mcp-flowgate/store-postgres");
      const server = { url: url as string, poolSize, statementTimeoutMs };
      return { kind, store: await createPostgresStore({ ...server, ...(await durable(parts, kind)) }) };
    }
    default:
      return kind satisfies never;
  }
}

async function durable(
  { plan, forward, seals, clock, ids, digest, log }: DurableParts,
  kind: "sqlite" | "postgres",
) {
  return {
    clock,
    ids,
    digest,
    log,
    leaseMs: plan.store.leaseMs,
    retention: plan.store.retention,
    auditChain: await createStoreChain(plan.audit, kind, { ids, digest, secrets: plan.secrets }),
    ...(forward === undefined ? {} : { forward }),
    ...(seals === undefined ? {} : { sealPurge: createSealPurge(seals, clock) }),
  };
}
