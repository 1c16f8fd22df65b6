import type { Page } from "@mcp-flowgate/core";

/** Sorts newest first by `orderOf` (time, then order of making) and cuts one page. A cursor is the order of the last item shown. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  orderOf: (row: Row) => readonly [at: number, order: number],
  toItem: (row: Row) => Item,
  filter: { readonly limit: number; readonly cursor?: string },
): Page<Item> {
  const sorted = rows
    .map((row) => ({ row, order: orderOf(row) }))
    .sort((left, right) => right.order[0] - left.order[0] || right.order[1] - left.order[1]);
  const [at, order] = (filter.cursor ?? "").split("_").map(Number);
  const rest =
    at === undefined || order === undefined
      ? sorted
      : sorted.filter((entry) => entry.order[0] < at || (entry.order[0] === at && entry.order[1] < order));
  const shown = rest.slice(0, filter.limit);
  const last = shown.at(-1);
  return {
    items: shown.map((entry) => toItem(entry.row)),
    ...(rest.length > shown.length && last !== undefined ? { nextCursor: last.order.join("_") } : {}),
  };
}
