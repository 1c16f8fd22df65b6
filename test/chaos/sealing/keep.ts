import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import {
  createAuditSink,
  createSealPurge,
  createStoreChain,
  readExportedHeads,
  readSealSettings,
  verifyRows,
  type AuditTrail,
  type TrailVerdict,
} from "@mcp-flowgate/audit";
import type { AuditDraft, AuditIr, Log, SealTable } from "@mcp-flowgate/core";
import { createPostgresStore, type PostgresStore } from "@mcp-flowgate/store-postgres";
import { createSqliteStore, type SqliteStore } from "@mcp-flowgate/store-sqlite";
import Database from "better-sqlite3";
import { Client } from "pg";

/** Where a store keeps its records: a file, or a database. */
export type Place =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

const quiet = (): void => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  schedule(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const ids = { next: (prefix: string) => `${prefix}_${randomUUID()}`, random: Math.random };
const digest = { sha256: (text: string) => createHash("sha256").update(text).digest("hex") };

/** A store with a file sink behind it, as a gateway has them. */
export interface Keeper {
  readonly store: SqliteStore | PostgresStore;
  readonly trail: AuditTrail;
  record(events: readonly AuditDraft[]): Promise<void>;
  verify(publicKeys?: readonly string[]): Promise<TrailVerdict>;
  close(): Promise<void>;
}

export interface KeeperOptions {
  readonly auditMs?: number;
  readonly maxUnsealed?: number;
  /** Stands between the sealer and the table. */
  readonly through?: (table: SealTable) => SealTable;
  /** Another one than the configuration's file. */
  readonly file?: string;
}

/** The files of a keeper: the trail, and what is beside it. */
export function filesOf(folder: string): {
  readonly trail: string;
  readonly key: string;
  readonly heads: string;
} {
  const trail = join(folder, "audit.jsonl");
  return { trail, key: `${trail}.key`, heads: join(folder, "store.heads") };
}

export async function openKeeper(place: Place, folder: string, options: KeeperOptions = {}): Promise<Keeper> {
  const files = filesOf(folder);
  const ir: AuditIr = {
    sinks: [
      { kind: place.kind, events: [], options: { heads: files.heads, checkpointMs: 1000 } },
      { kind: "file", path: options.file ?? files.trail, events: [], options: {} },
    ],
    onFailure: "fail_closed",
    rotate: { maxBytes: 0, maxAgeMs: 0, keep: 30 },
    payloads: "full",
    redact: [],
    signingKeyFile: files.key,
    maxUnsealed: options.maxUnsealed ?? 1000,
  };
  const settings = await readSealSettings(ir, undefined);
  const parts = {
    clock,
    ids,
    digest,
    log,
    leaseMs: 1000,
    auditChain: await createStoreChain(ir, place.kind, { ids, digest, secrets: [] }),
    sealPurge: createSealPurge(settings, clock),
    retention: { auditMs: options.auditMs ?? 86_400_000 },
  };
  const store =
    place.kind === "sqlite"
      ? await createSqliteStore({ path: place.path, ...parts })
      : await createPostgresStore({ url: place.url, poolSize: 4, ...parts });
  const trail = await createAuditSink(ir, {
    clock,
    ids,
    digest,
    log,
    secrets: [],
    recordedByStore: [place.kind],
    afterCommit: true,
  });
  const { through = (table: SealTable) => table } = options;
  trail.seal(through(store.checkpoints), settings, () => clock.monotonic() < store.lease().validUntil);
  return {
    store,
    trail,
    async record(events) {
      await store.record(events);
      trail.committed(events.length);
    },
    async verify(publicKeys = []) {
      const heads = await readExportedHeads(files.heads).catch(() => []);
      return await verifyRows(store, { name: "the store", heads, publicKeys });
    },
    async close() {
      await trail.stopSealing();
      await store.close();
      await trail.close();
    },
  };
}

/** An event of an instance, or of the process. */
export function eventOf(workflowId: string | undefined, index: number): AuditDraft {
  return {
    type: "executor.started",
    at: Date.now(),
    correlationId: `cor_${index}`,
    ...(workflowId === undefined ? {} : { workflowId }),
    payload: { index, note: 'ä\n"' },
  };
}

/** Statements past the store. Both databases understand the same ones here. */
export interface Sql extends AsyncDisposable {
  ask<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export async function openSql(place: Place): Promise<Sql> {
  if (place.kind === "sqlite") {
    const database = new Database(place.path, { timeout: 5000 });
    return {
      async ask<Row extends object>(text: string, values: readonly unknown[] = []) {
        const statement = database.prepare<unknown[], Row>(text.replace(/\$\d/g, "?"));
        if (statement.reader) return statement.all(...values);
        statement.run(...values);
        return [];
      },
      async [Symbol.asyncDispose]() {
        database.close();
      },
    };
  }
  const client = new Client({ connectionString: place.url });
  await client.connect();
  await client.query("SET search_path = mcp_flowgate");
  return {
    async ask<Row extends object>(text: string, values: readonly unknown[] = []) {
      return (await client.query(text, [...values])).rows as Row[];
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
