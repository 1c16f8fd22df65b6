import { JOURNAL_SQL } from "./0001-journal.ts";
import { BLOB_SQL } from "./0002-blob.ts";

/** In order; the schema's number is how many of them a file has had. A released one never changes. */
export const MIGRATIONS: readonly string[] = [JOURNAL_SQL, BLOB_SQL];
