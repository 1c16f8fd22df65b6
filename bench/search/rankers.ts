import { buildIndex, search, type CatalogueEntry } from "@mcp-flowgate/discovery-index";
import Database from "better-sqlite3";

/** Answers a request with at most five ids, best first. */
export type Ranker = (query: string) => readonly string[];

export function flowgateRanker(entries: readonly CatalogueEntry[]): Ranker {
  const index = buildIndex(entries);
  return (query) => search(index, { query, limit: 5 }).hits.map(({ id }) => id);
}

const FIELDS: readonly { readonly weight: number; readonly text: (entry: CatalogueEntry) => string }[] = [
  { weight: 3, text: (entry) => entry.name ?? entry.id },
  { weight: 1, text: (entry) => `${entry.server ?? ""} ${entry.serverTitle ?? ""}` },
  { weight: 1, text: (entry) => entry.description ?? "" },
  { weight: 0.5, text: (entry) => Object.keys(propertiesOf(entry)).join(" ") },
];

/**
 * BM25F as in the papers: four fields, k1 1.2, b 0.75 with mean lengths, words split at case and punctuation; no
 * stemming, no stop words, nothing learned.
 */
export function plainBm25fRanker(entries: readonly CatalogueEntry[]): Ranker {
  const documents = entries.map((entry) => FIELDS.map(({ text }) => splitWords(text(entry))));
  const means = FIELDS.map((_, field) => {
    const lengths = documents.map((fields) => fields[field]?.length ?? 0);
    return lengths.reduce((sum, length) => sum + length, 0) / lengths.length || 1;
  });
  const postings = new Map<string, Map<number, number>>();
  for (const [document, fields] of documents.entries()) {
    for (const [field, words] of fields.entries()) {
      const norm = (FIELDS[field]?.weight ?? 0) / (0.25 + (0.75 * words.length) / (means[field] ?? 1));
      for (const word of words) {
        const list = postings.get(word) ?? new Map<number, number>();
        list.set(document, (list.get(document) ?? 0) + norm);
        postings.set(word, list);
      }
    }
  }
  return (query) => {
    const scores = new Map<number, number>();
    for (const word of new Set(splitWords(query))) {
      const list = postings.get(word);
      if (list === undefined) continue;
      const idf = Math.log(1 + (entries.length - list.size + 0.5) / (list.size + 0.5));
      for (const [document, weight] of list) {
        scores.set(document, (scores.get(document) ?? 0) + (idf * weight) / (1.2 + weight));
      }
    }
    return [...scores]
      .map(([document, score]) => ({ id: entries[document]?.id ?? "", score }))
      .sort((left, right) => right.score - left.score || (left.id < right.id ? -1 : 1))
      .slice(0, 5)
      .map(({ id }) => id);
  };
}

/** SQLite's FTS5 with its Porter tokenizer and weighted bm25; names are split at case changes for it. */
export function fts5Ranker(entries: readonly CatalogueEntry[]): Ranker {
  const database = new Database(":memory:");
  database.exec(
    "create virtual table tools using fts5(id unindexed, a, b, c, d, tokenize='porter unicode61')",
  );
  const insert = database.prepare("insert into tools values (?, ?, ?, ?, ?)");
  database.transaction(() => {
    for (const entry of entries)
      insert.run(entry.id, ...FIELDS.map(({ text }) => splitWords(text(entry)).join(" ")));
  })();
  const select = database.prepare<[string], { id: string }>(
    "select id from tools where tools match ? order by bm25(tools, 0, 3, 1, 1, 0.5), id limit 5",
  );
  return (query) => {
    const words = [...new Set(splitWords(query))];
    return words.length === 0
      ? []
      : select.all(words.map((word) => `"${word}"`).join(" OR ")).map(({ id }) => id);
  };
}

function propertiesOf(entry: CatalogueEntry): object {
  const schema = entry.inputSchema as { readonly properties?: object } | undefined;
  return schema?.properties ?? {};
}

function splitWords(text: string): string[] {
  const spaced = text.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2");
  return spaced.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
