import { JOURNAL_SQL } from "./0001-journal.ts";
import { BLOB_SQL } from "./0002-blob.ts";
import { CHECKPOINTS_SQL } from "./0003-checkpoints.ts";
import { SHARED_STATE_SQL } from "./0004-shared-state.ts";
import { LISTINGS_SQL } from "./0005-listings.ts";
import { DISOWNED_BLOBS_SQL } from "./0006-disowned-blobs.ts";

/** In order; the schema's number is how many of them a file has had. A released one never changes. */
export const MIGRATIONS: readonly string[] = [
  JOURNAL_SQL,
  BLOB_SQL,
  CHECKPOINTS_SQL,
  SHARED_STATE_SQL,
  LISTINGS_SQL,
  DISOWNED_BLOBS_SQL,
];
