import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FlowgateError } from "@mcp-flowgate/core";
import Database from "better-sqlite3";
import { assertOurs, toOpenError } from "./database.ts";
import { networkFileSystem } from "./network-file-system.ts";

/**
 * Says whether a store can be opened here, without making, migrating or writing it.
 * @returns whether the file is there already
 * @throws FlowgateError `STORE_UNAVAILABLE`, saying what is wrong with the file and how to mend it.
 */
export function inspectSqliteStore(given: string): { readonly exists: boolean } {
  const path = resolve(given);
  try {
    const exists = existsSync(path);
    let folder = dirname(path);
    while (!existsSync(folder)) folder = dirname(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    const network = networkFileSystem(exists ? path : `${folder}/store`);
    if (network !== undefined)
      throw new FlowgateError(
        "STORE_UNAVAILABLE",
        `${path} is on a network file system (${network}), whose locks do not protect it; name a file on a local disk`,
      );
    if (!exists) return { exists };
    accessSync(path, constants.R_OK | constants.W_OK);
    const sqlite = new Database(path, { readonly: true });
    try {
      assertOurs(sqlite, path);
    } finally {
      sqlite.close();
    }
    return { exists };
  } catch (thrown) {
    throw toOpenError(thrown, path);
  }
}
