import Database from "better-sqlite3";
import { FlowgateError } from "@mcp-flowgate/core";

/** The result code of SQLite that `thrown` carries, if any. */
export function sqliteCode(thrown: unknown): string | undefined {
  if (thrown instanceof Database.SqliteError) return thrown.code;
  // A query builder wraps what its driver throws.
  return thrown instanceof Error && thrown.cause !== undefined ? sqliteCode(thrown.cause) : undefined;
}

/** Whether somebody else holds a lock for now: the same thing can succeed a moment later. */
export function isBusy(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code !== undefined && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code);
}

/**
 * What `thrown` means to whoever asked for a read or a batch (`STORE_UNAVAILABLE`), or for events alone to be recorded
 * (`AUDIT_UNAVAILABLE`). The messages name no path and no statement: callers may see them. What SQLite said is the cause.
 */
export function toStoreError(
  thrown: unknown,
  code: "STORE_UNAVAILABLE" | "AUDIT_UNAVAILABLE" = "STORE_UNAVAILABLE",
): FlowgateError {
  const sqlite = sqliteCode(thrown);
  if (sqlite === undefined) return FlowgateError.from(thrown);
  return new FlowgateError(code, messageFor(sqlite), { cause: thrown });
}

/** What a store answers whose file is no longer where it was. */
export function movedError(): FlowgateError {
  const message =
    "the file of the store was removed or replaced while in use; put it back, or start the gateways that use it anew";
  return new FlowgateError("STORE_UNAVAILABLE", message);
}

function messageFor(code: string): string {
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) {
    return "another process holds the store for too long; nothing was changed, try again";
  }
  if (code === "SQLITE_FULL") {
    return "the disk of the store is full; nothing was changed, and work goes on by itself once there is space";
  }
  if (code === "SQLITE_CORRUPT" || code.startsWith("SQLITE_CORRUPT_") || code === "SQLITE_NOTADB") {
    return "the file of the store is damaged; stop all gateways that use it and restore a backup";
  }
  if (code.startsWith("SQLITE_READONLY")) {
    return "the store cannot be written: its file is read-only, or was moved or replaced while in use";
  }
  if (code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_CANTOPEN")) {
    return "the disk of the store cannot be read or written; nothing was changed";
  }
  return "the store failed; nothing was changed";
}
