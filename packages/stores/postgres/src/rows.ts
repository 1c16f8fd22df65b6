import { createRowWriter, type RowWriter } from "@mcp-flowgate/store-sql";
import { toBoundedKey, toKey } from "./keys.ts";

/** What callers choose has to fit in an index. */
export const { toBatchRows, toClaimant }: RowWriter = createRowWriter({
  toKey,
  toNameKey: toBoundedKey,
  keepsObjects: false,
});
