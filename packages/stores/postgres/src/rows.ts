import { createRowWriter, type RowWriter } from "@mcp-flowgate/store-sql";
import { toBoundedKey, toKey } from "./keys.ts";

/** Rows of many batches are written by one statement, and their columns have to fit in an index. */
export const { toBatchRows, toClaimant }: RowWriter = createRowWriter({
  toKey,
  toNameKey: toBoundedKey,
  keepsObjects: false,
  writesManyAtOnce: true,
});
