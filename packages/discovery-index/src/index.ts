export type { CatalogueEntry, EntryKind } from "./catalogue-entry.ts";
export { buildIndex, type DiscoveryIndex } from "./catalogue-index.ts";
export { decodeCursor, encodeCursor, type CursorScope } from "./cursor.ts";
export { nearestIds } from "./nearest-ids.ts";
export { sanitizeText } from "./sanitize-text.ts";
export { search, type SearchAnswer, type SearchHit, type SearchRequest } from "./search.ts";
export { toSignature } from "./signature.ts";
export { toSummary } from "./summary.ts";
export { topicCounts, type TopicCount } from "./topic-counts.ts";
