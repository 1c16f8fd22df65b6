import { createHash } from "node:crypto";
import { buildIndex, queryTerms, search, type Learned } from "@mcp-flowgate/discovery-index";
import type { EvalSet, LabelledQuery } from "./eval-sets.ts";
import { ndcgAt5 } from "./metrics.ts";

/** What `discovery.learn` does to one set: scores by request, without and with what the other half taught. */
export interface Replay {
  readonly without: readonly number[];
  readonly with: readonly number[];
}

/**
 * Cuts the requests in two halves by their hash. From each half it learns as the gateway does, counting the first
 * relevant tool of the five that were shown as started, and ranks the other half with and without that.
 */
export function replayLearning(set: EvalSet): Replay {
  const index = buildIndex(set.entries);
  const ask = (query: string, learned?: Learned): readonly string[] =>
    search(index, { query, limit: 5, learned }).hits.map(({ id }) => id);
  const without: number[] = [];
  const withIt: number[] = [];
  for (const half of [0, 1]) {
    const learned = learn(
      set.queries.filter((query) => halfOf(query) === half),
      ask,
    );
    for (const query of set.queries.filter((query) => halfOf(query) !== half)) {
      without.push(ndcgAt5(query, ask(query.query)));
      withIt.push(ndcgAt5(query, ask(query.query, learned)));
    }
  }
  return { without, with: withIt };
}

function learn(queries: readonly LabelledQuery[], ask: (query: string) => readonly string[]): Learned {
  const counts = new Map<string, number>();
  for (const { query, relevant } of queries) {
    const started = ask(query).find((id) => relevant.includes(id));
    if (started === undefined) continue;
    for (const term of queryTerms(query)) {
      const pair = JSON.stringify([term, started]);
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return { starts: (term, id) => counts.get(JSON.stringify([term, id])) ?? 0 };
}

function halfOf({ query }: LabelledQuery): number {
  return (createHash("sha256").update(query).digest()[0] ?? 0) % 2;
}
