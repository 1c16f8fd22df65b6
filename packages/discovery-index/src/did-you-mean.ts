import type { IndexedDocument, SearchableIndex } from "./catalogue-index.ts";
import { compareIds } from "./compare-ids.ts";
import type { Ranked } from "./refine.ts";
import { cutAtWord } from "./summary.ts";
import { sanitizeText } from "./sanitize-text.ts";
import { topicCounts } from "./topic-counts.ts";

const COUNT = 3;
const MAX_TITLE = 80;

/**
 * What to try instead of a request that found nothing: the titles of the entries that came nearest (`weak`, best
 * first), else the commonest tags. Only from entries that `admits` lets through.
 */
export function suggest(
  index: SearchableIndex,
  weak: readonly Ranked[],
  admits: (ordinal: number) => boolean,
): string[] {
  const titles = new Set<string>();
  for (const { document } of weak) {
    titles.add(titleOf(document));
    if (titles.size === COUNT) break;
  }
  titles.delete("");
  if (titles.size > 0) return [...titles];
  const admitted: IndexedDocument[] = [];
  for (let ordinal = 0; ordinal < index.capacity; ordinal++) {
    const document = index.document(ordinal);
    if (document !== undefined && admits(ordinal)) admitted.push(document);
  }
  const topics = topicCounts(
    admitted.map(({ entry }) => entry),
    COUNT,
  ).map(({ tag }) => tag);
  return topics.length > 0 ? topics : firstTitles(admitted);
}

function firstTitles(documents: readonly IndexedDocument[]): string[] {
  const first = documents.toSorted((left, right) => compareIds(left.id, right.id)).slice(0, COUNT);
  return [...new Set(first.map(titleOf))].filter((title) => title !== "");
}

function titleOf({ entry, name }: IndexedDocument): string {
  return cutAtWord(
    sanitizeText(entry.title ?? name, 400)
      .replace(/\s+/gu, " ")
      .trim(),
    MAX_TITLE,
  );
}
