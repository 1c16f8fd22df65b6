import { JOURNAL_SQL } from "./0001-journal.ts";
import { BLOB_SQL } from "./0002-blob.ts";
import { CHECKPOINTS_SQL } from "./0003-checkpoints.ts";
import { SHARED_STATE_SQL } from "./0004-shared-state.ts";
import { LISTINGS_SQL } from "./0005-listings.ts";
import { GUARD_SQL } from "./0006-guard.ts";

/**
 * In order; the schema's number is how many of them a database has had. A released one never changes. `oldest` is the
 * number of the oldest version that can go on working beside the schema that it leaves: replicas are replaced one by
 * one, so a migration first adds, and only a later one takes away.
 */
export const MIGRATIONS: readonly { readonly sql: string; readonly oldest: number }[] = [
  { sql: JOURNAL_SQL, oldest: 1 },
  { sql: BLOB_SQL, oldest: 1 },
  { sql: CHECKPOINTS_SQL, oldest: 1 },
  { sql: SHARED_STATE_SQL, oldest: 1 },
  { sql: LISTINGS_SQL, oldest: 1 },
  { sql: GUARD_SQL, oldest: 1 },
];
