import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import { FlowgateError } from "@mcp-flowgate/core";
import Database from "better-sqlite3";
import { toStoreError } from "./store-error.ts";

/** Of 4 KiB, copied at a time: between two pieces the event loop is free. */
const PAGES_PER_STEP = 256;

/**
 * Copies the committed rows of one moment to a new file, while the store is in use. The copy needs no other file
 * beside it, and a store can be opened on it at once.
 * @throws FlowgateError `INVALID_ARGUMENTS` where `to` exists, `STORE_UNAVAILABLE` where it cannot be written.
 */
export async function backUp(from: string, to: string): Promise<void> {
  const target = resolve(to);
  if (existsSync(target)) throw new FlowgateError("INVALID_ARGUMENTS", `${target} exists; name a new file`);
  const draft = `${target}.${randomBytes(6).toString("hex")}`;
  const source = new Database(from, { readonly: true, timeout: 5000 });
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    // A read that stays open: whatever others commit meanwhile, the copy is of this moment and never starts again.
    source.exec("BEGIN");
    source.pragma("schema_version");
    await source.backup(draft, { progress: () => PAGES_PER_STEP });
    finish(draft);
    renameSync(draft, target);
  } catch (thrown) {
    rmSync(draft, { force: true });
    throw toStoreError(thrown);
  } finally {
    source.close();
  }
}

/** Nobody runs on the copy: the processes of the original would otherwise seem to be its own. */
function finish(draft: string): void {
  const copy = new Database(draft);
  try {
    copy.pragma("synchronous = FULL");
    copy.exec("DELETE FROM replica");
    copy.pragma("journal_mode = DELETE");
  } finally {
    copy.close();
  }
}
