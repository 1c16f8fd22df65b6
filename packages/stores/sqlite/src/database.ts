import { mkdirSync, openSync, closeSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FlowgateError } from "@mcp-flowgate/core";
import type { Migrated } from "@mcp-flowgate/store-sql";
import Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { drizzle } from "./drizzle.ts";
import { MIGRATIONS } from "./migrations/all.ts";
import { networkFileSystem } from "./network-file-system.ts";
import { createPrepare, type Prepare } from "./prepared.ts";
import { retryBusy } from "./retry-busy.ts";
import { sqliteCode } from "./store-error.ts";

export type Db = BetterSQLite3Database;

/** One connection to the file of a store. */
export interface OpenedDatabase {
  /** Absolute, links resolved: processes that name the file differently agree on it. */
  readonly path: string;
  readonly sqlite: Database.Database;
  /** Writes statements. */
  readonly db: Db;
  readonly prepare: Prepare;
  readonly migrated: Migrated;
  /** Whether the path still names the file that was opened. */
  isInPlace(): boolean;
}

/** "mfgs": marks the file as ours, for us and for `file(1)`. */
const APPLICATION_ID = 0x6d666773;

/** How long SQLite itself waits for a lock, blocking the event loop; what takes longer is tried again. */
const BLOCKING_WAIT_MS = 2;

/** What `PRAGMA synchronous` answers where every commit is flushed to the disk. */
const SYNCHRONOUS_FULL = 2;

/**
 * Opens the file, makes it where it is missing, and brings its schema up to date.
 * @throws FlowgateError `STORE_UNAVAILABLE`, saying what is wrong with the file and how to mend it.
 */
export async function openDatabase(given: string, busyMs: number): Promise<OpenedDatabase> {
  const path = prepareFile(given);
  let sqlite: Database.Database | undefined;
  try {
    const opened = new Database(path, { timeout: BLOCKING_WAIT_MS });
    sqlite = opened;
    await retryBusy(busyMs, () => assertOurs(opened, path));
    await retryBusy(busyMs, () => configure(opened));
    const migrated = await retryBusy(busyMs, () => migrate(opened, path));
    const { dev, ino } = statSync(path);
    const isInPlace = (): boolean => {
      const now = statSync(path, { throwIfNoEntry: false });
      return now?.ino === ino && now.dev === dev;
    };
    return { path, sqlite: opened, db: drizzle(opened), prepare: createPrepare(opened), migrated, isInPlace };
  } catch (thrown) {
    sqlite?.close();
    throw toOpenError(thrown, path);
  }
}

/** Durability that the driver does not give by itself: it is built with `synchronous = NORMAL` for this journal mode. */
export function assertDurable(sqlite: Database.Database): void {
  const mode: unknown = sqlite.pragma("journal_mode", { simple: true });
  const synchronous: unknown = sqlite.pragma("synchronous", { simple: true });
  if (mode === "wal" && synchronous === SYNCHRONOUS_FULL) return;
  const message = `the store's file cannot be made durable: journal_mode is ${String(mode)}, synchronous ${String(synchronous)}`;
  throw new FlowgateError("STORE_UNAVAILABLE", message);
}

function prepareFile(given: string): string {
  if (given === "" || given === ":memory:") {
    throw new FlowgateError("STORE_UNAVAILABLE", "the sqlite store needs the path of a file");
  }
  const absolute = resolve(given);
  try {
    mkdirSync(dirname(absolute), { recursive: true, mode: 0o700 });
    const path = join(realpathSync(dirname(absolute)), basename(absolute));
    const network = networkFileSystem(path);
    if (network !== undefined) {
      const message = `${path} is on a network file system (${network}), whose locks do not protect it; name a file on a local disk, or use the postgres store`;
      throw new FlowgateError("STORE_UNAVAILABLE", message);
    }
    makeFile(path);
    return realpathSync(path);
  } catch (thrown) {
    throw toOpenError(thrown, absolute);
  }
}

/** For the owner alone: it holds what callers sent. */
function makeFile(path: string): void {
  try {
    // Only where it is new. To open and close a file that a connection of this process has open would drop its locks.
    closeSync(openSync(path, "wx", 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  }
}

/** @throws FlowgateError for a database of another program or of a newer version. */
export function assertOurs(sqlite: Database.Database, path: string): void {
  const schema = readNumber(sqlite, "user_version");
  const tables = sqlite.prepare<[], { tables: number }>("SELECT count(*) AS tables FROM sqlite_schema").get();
  const isEmpty = tables?.tables === 0;
  if (!isEmpty && readNumber(sqlite, "application_id") !== APPLICATION_ID) {
    throw new FlowgateError(
      "STORE_UNAVAILABLE",
      `${path} is a database of another program; name another file`,
    );
  }
  if (schema > MIGRATIONS.length) {
    const message = `${path} was written by a newer version (schema ${schema}, this one knows ${MIGRATIONS.length}); run that version, or name another file`;
    throw new FlowgateError("STORE_UNAVAILABLE", message);
  }
}

function configure(sqlite: Database.Database): void {
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  // On macOS a plain fsync leaves data in the drive's cache.
  sqlite.pragma("fullfsync = ON");
  sqlite.pragma("checkpoint_fullfsync = ON");
  // Folding the log into the file costs two more flushes, so not too often; the log stays below some 20 MiB.
  sqlite.pragma("wal_autocheckpoint = 4000");
  sqlite.pragma("journal_size_limit = 67108864");
  sqlite.pragma("temp_store = MEMORY");
  sqlite.pragma("trusted_schema = OFF");
  assertDurable(sqlite);
}

/** Under the write lock: of several processes that start at once, one migrates and the others find it done. */
function migrate(sqlite: Database.Database, path: string): Migrated {
  const to = MIGRATIONS.length;
  let from = readNumber(sqlite, "user_version");
  if (from === to) return { from, to };
  const apply = sqlite.transaction(() => {
    assertOurs(sqlite, path);
    from = readNumber(sqlite, "user_version");
    for (const migration of MIGRATIONS.slice(from)) sqlite.exec(migration);
    sqlite.pragma(`application_id = ${APPLICATION_ID}`);
    sqlite.pragma(`user_version = ${to}`);
  });
  apply.immediate();
  return { from, to };
}

function readNumber(sqlite: Database.Database, pragma: "user_version" | "application_id"): number {
  return Number(sqlite.pragma(pragma, { simple: true }));
}

/** What is wrong with the file, and how to mend it. */
export function toOpenError(thrown: unknown, path: string): FlowgateError {
  if (thrown instanceof FlowgateError) return thrown;
  return new FlowgateError("STORE_UNAVAILABLE", `${path} ${whyNot(thrown)}`, { cause: thrown });
}

function whyNot(thrown: unknown): string {
  const code = sqliteCode(thrown) ?? (thrown as NodeJS.ErrnoException).code ?? "";
  if (code === "SQLITE_NOTADB")
    return "is not a database; name another file, or restore a backup in its place";
  if (code.startsWith("SQLITE_CORRUPT")) {
    return "is damaged; keep it and its -wal file, and restore a backup, or see what `sqlite3 FILE .recover` can save";
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC") return "cannot be used: its disk is full";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return "is held by another process for too long; end what holds it";
  }
  if (code.startsWith("SQLITE_READONLY"))
    return "cannot be written; grant this user write access to it and its folder";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code.startsWith("SQLITE_CANTOPEN")) {
    return "cannot be opened; grant this user read and write access to it and its folder";
  }
  return `cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
