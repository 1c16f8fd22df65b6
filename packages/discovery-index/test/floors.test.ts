import { buildIndex, search } from "@mcp-flowgate/discovery-index";
import { expect, test } from "vitest";
import { evalFolder, loadEntries, loadQueries, ndcgAt5, recallAt5, type LabelledQuery } from "./eval-sets.ts";

/** The least that each set and source must score on its development half, in points. */
const FLOORS: readonly {
  readonly set: string;
  readonly source?: string;
  readonly metric: (query: LabelledQuery, ids: readonly string[]) => number;
  readonly floor: number;
}[] = [
  { set: "livemcp", source: "step", metric: ndcgAt5, floor: 76 },
  { set: "livemcp", source: "agent", metric: ndcgAt5, floor: 79 },
  { set: "livemcp", source: "task", metric: ndcgAt5, floor: 39 },
  { set: "livemcp-xl", source: "agent", metric: ndcgAt5, floor: 64 },
  { set: "mcpproxy", metric: recallAt5, floor: 79 },
  { set: "metatool", source: "single", metric: ndcgAt5, floor: 62 },
  { set: "metatool", source: "multi", metric: ndcgAt5, floor: 65 },
  { set: "stabletoolbench", metric: ndcgAt5, floor: 68 },
];

const folder = evalFolder();
const ABSENT =
  "The labelled sets are not there: set FLOWGATE_EVAL_DIR to the folder that holds livemcp/tools.jsonl.";

if (folder === undefined) {
  if (process.env["CI"] === undefined) {
    test.skip(`ranking is not measured. ${ABSENT}`, () => undefined);
  } else {
    test("ranking is measured in CI", () => {
      expect.fail(ABSENT);
    });
  }
} else {
  test.each(FLOORS)(
    "$set $source scores at least $floor points",
    { timeout: 120_000 },
    ({ set, source, metric, floor }) => {
      const index = buildIndex(loadEntries(folder, set));
      const queries = loadQueries(folder, set).filter(
        (query) => source === undefined || query.source === source,
      );
      const scores = queries.map((query) =>
        metric(
          query,
          search(index, { query: query.query, limit: 5 }).hits.map(({ id }) => id),
        ),
      );
      expect(scores.length).toBeGreaterThan(20);
      expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeGreaterThanOrEqual(floor);
    },
  );
}
