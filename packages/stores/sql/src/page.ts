import type { Page } from "@mcp-flowgate/core";

/** Where a row stands in a listing, newest first: its time, and its number among those of that time. */
export interface PagePlace {
  readonly at: number;
  readonly n: number;
}

/** The last row that was shown. `undefined` where nothing was, or the cursor is none of ours. */
export function fromCursor(cursor: string | undefined): PagePlace | undefined {
  const parts = /^(-?\d+)_(\d+)$/.exec(cursor ?? "");
  return parts === null ? undefined : { at: Number(parts[1]), n: Number(parts[2]) };
}

/** @param rows one more than `limit`, where there are more. */
export function toPage<Row extends PagePlace, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    ...(rows.length > limit && last !== undefined ? { nextCursor: `${last.at}_${last.n}` } : {}),
  };
}
