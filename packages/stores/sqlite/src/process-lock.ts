import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { isBusy, sqliteCode } from "./store-error.ts";

/**
 * A lock that the operating system takes back when the process ends, however it ends. It is the exclusive lock of an
 * empty SQLite file that only this process opens for writing; the others try whether they could read it.
 *
 * Names are random, so a lock's file is never that of an earlier process. Nobody touches such a file but through
 * SQLite: in most systems, closing any descriptor of a file drops all locks of the process on it.
 */
export interface ProcessLock {
  readonly name: string;
  /** False where somebody removed the file: others then cannot see the lock any more. */
  isVisible(): boolean;
  release(): void;
}

export type LockState = "held" | "free" | "missing";

/** Of a file without a row: left behind by a process that ended while it started. */
const STRAY_AGE_MS = 60_000;

export function takeProcessLock(databasePath: string): ProcessLock {
  const name = randomBytes(12).toString("hex");
  const path = pathOf(databasePath, name);
  const sqlite = new Database(path, { timeout: 0 });
  // Nothing is ever written, so there is nothing to roll back: no second file beside it.
  sqlite.pragma("journal_mode = MEMORY");
  sqlite.exec("BEGIN EXCLUSIVE");
  return {
    name,
    isVisible: () => existsSync(path),
    release() {
      sqlite.close();
      rmSync(path, { force: true });
    },
  };
}

export function probeProcessLock(databasePath: string, name: string): LockState {
  const path = pathOf(databasePath, name);
  if (!existsSync(path)) return "missing";
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 });
    sqlite.pragma("schema_version");
    return "free";
  } catch (thrown) {
    if (isBusy(thrown)) return "held";
    return sqliteCode(thrown)?.startsWith("SQLITE_CANTOPEN") === true ? "missing" : "held";
  } finally {
    sqlite?.close();
  }
}

/** Removes the file of a process that is gone. */
export function removeProcessLock(databasePath: string, name: string): void {
  rmSync(pathOf(databasePath, name), { force: true });
}

/** Removes the files of processes that are gone and of which no row is known. */
export function removeStrayLocks(databasePath: string, known: ReadonlySet<string>): void {
  const prefix = basename(pathOf(databasePath, ""));
  for (const file of readdirSync(dirname(databasePath))) {
    const name = file.slice(prefix.length);
    if (!file.startsWith(prefix) || !/^[0-9a-f]{24}$/.test(name) || known.has(name)) continue;
    const age =
      Date.now() - (statSync(join(dirname(databasePath), file), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > STRAY_AGE_MS && probeProcessLock(databasePath, name) === "free")
      removeProcessLock(databasePath, name);
  }
}

function pathOf(databasePath: string, name: string): string {
  return `${databasePath}-replica-${name}`;
}
