import type { Clock, Digest, Ids, Log, WorkflowStore } from "@mcp-flowgate/core";
import type { PostgresStore } from "@mcp-flowgate/store-postgres";
import type { AuditChain, SqliteStore } from "@mcp-flowgate/store-sqlite";
import { createHash, randomUUID } from "node:crypto";

/** Which storage a run is on, as it travels to the processes. */
export type StoreSpec =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

/** A store of this process, with the way to the audit records that only tests need. */
export interface ChaosStore extends WorkflowStore {
  /** Every record's JSON text, each stream in its order. */
  auditLines(): AsyncIterable<string>;
}

export interface StoreHooks {
  /** Runs inside the transaction, before every audit record. */
  readonly inside?: (eventType: string) => void;
  readonly replica?: string;
  readonly leaseMs?: number;
  /** Moves this process's wall clock. */
  readonly skewMs?: number;
}

const quiet = (): void => undefined;
export const silentLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
export const digest: Digest = { sha256: (text) => createHash("sha256").update(text, "utf8").digest("hex") };
export const ids: Ids = { next: (prefix) => `${prefix}_${randomUUID()}`, random: () => Math.random() };

export function createSystemClock(skewMs = 0): Clock {
  return {
    now: () => Date.now() + skewMs,
    monotonic: () => performance.now(),
    schedule(delayMs, run) {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Opens a store of any kind; only that kind's code is loaded. */
export async function openStore(spec: StoreSpec, hooks: StoreHooks = {}): Promise<ChaosStore> {
  const store =
    spec.kind === "sqlite" ? await openSqlite(spec.path, hooks) : await openPostgres(spec.url, hooks);
  async function* auditLines(): AsyncIterable<string> {
    for (let after = 0; ;) {
      const rows = await store.audit({ after, limit: 2000 });
      for (const { line } of rows) yield line;
      if (rows.length === 0) return;
      after = rows.at(-1)?.position ?? after;
    }
  }
  return Object.assign(store, { auditLines });
}

/** Loads the code of one kind of store. */
export async function loadStore(kind: StoreSpec["kind"]): Promise<void> {
  await (kind === "sqlite" ? import("@mcp-flowgate/store-sqlite") : import("@mcp-flowgate/store-postgres"));
}

async function openSqlite(path: string, hooks: StoreHooks): Promise<SqliteStore> {
  const { createAuditChain, createSqliteStore } = await import("@mcp-flowgate/store-sqlite");
  return await createSqliteStore({ path, ...portsOf(hooks, createAuditChain({ ids, digest })) });
}

async function openPostgres(url: string, hooks: StoreHooks): Promise<PostgresStore> {
  const { createAuditChain, createPostgresStore } = await import("@mcp-flowgate/store-postgres");
  const ports = portsOf(hooks, createAuditChain({ ids, digest }));
  return await createPostgresStore({ url, poolSize: 4, ...ports });
}

function portsOf(hooks: StoreHooks, chain: AuditChain) {
  const { replica, leaseMs, skewMs, inside } = hooks;
  const auditChain: AuditChain = (head, draft) => {
    inside?.(draft.type);
    return chain(head, draft);
  };
  return {
    clock: createSystemClock(skewMs),
    ids,
    digest,
    log: silentLog,
    auditChain,
    ...(replica === undefined ? {} : { replica }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  };
}
