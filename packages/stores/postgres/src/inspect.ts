import type { Log } from "@mcp-flowgate/core";
import { openDatabase } from "./database.ts";
import { readSchema } from "./migrate.ts";
import { toStoreError } from "./store-error.ts";

/**
 * Says whether a store can be opened here, without making, migrating or writing it.
 * @returns whether its schema is there already
 * @throws FlowgateError `STORE_UNAVAILABLE`, saying what is wrong and how to mend it.
 */
export async function inspectPostgresStore(options: {
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly log: Log;
}): Promise<{ readonly exists: boolean }> {
  try {
    const database = await openDatabase({ ...options, poolSize: 1, name: "check" });
    try {
      const version = await readSchema((text) => database.read({ name: "", text }), database.address.shown);
      return { exists: version > 0 };
    } finally {
      await database.close();
    }
  } catch (thrown) {
    throw toStoreError(thrown);
  }
}
