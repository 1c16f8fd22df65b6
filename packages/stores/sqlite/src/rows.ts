import { createRowWriter, type RowWriter } from "@mcp-flowgate/store-sql";
import { toKey } from "./keys.ts";

/** What a batch brings is kept beside its text: the next step is likely to ask for it (`recent-instances.ts`). */
export const { toBatchRows, toStandingInstance, toClaimant }: RowWriter = createRowWriter({
  toKey,
  toNameKey: toKey,
  keepsObjects: true,
});
