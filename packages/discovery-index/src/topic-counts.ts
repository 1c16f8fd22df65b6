import type { CatalogueEntry } from "./catalogue-entry.ts";
import { compareIds } from "./compare-ids.ts";
import { sanitizeText } from "./sanitize-text.ts";

/** A tag and how many entries carry it. */
export interface TopicCount {
  readonly tag: string;
  readonly count: number;
}

const DEFAULT_MAX = 12;
const MAX_TAG = 40;

/**
 * The commonest tags of some entries, most frequent first, ties by the tag, at most `max`. Tags are compared
 * without case and written in lower case, as the `tags` filter of a search reads them.
 */
export function topicCounts(
  entries: Iterable<Pick<CatalogueEntry, "tags">>,
  max: number = DEFAULT_MAX,
): TopicCount[] {
  const counts = new Map<string, number>();
  for (const { tags } of entries) {
    for (const tag of new Set((tags ?? []).map(toTopic))) {
      if (tag !== "") counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((left, right) => right.count - left.count || compareIds(left.tag, right.tag))
    .slice(0, Math.max(0, max));
}

/** A tag as it is compared: without case, invisible characters and outer space, at most 40 characters. */
export function toTopic(tag: string): string {
  return sanitizeText(tag, MAX_TAG).replace(/\s+/gu, " ").trim().toLowerCase();
}
