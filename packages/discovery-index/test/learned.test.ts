import {
  buildIndex,
  queryTerms,
  search,
  type CatalogueEntry,
  type Learned,
} from "@mcp-flowgate/discovery-index";
import * as fc from "fast-check";
import { expect, test } from "vitest";

const tool = (id: string, description: string): CatalogueEntry => ({ id, kind: "capability", description });
const index = buildIndex([
  tool("main.report", "Writes a report."),
  tool("next.report", "Writes a report."),
  tool("send.mail", "Sends the monthly report by mail to everybody in the list."),
  tool("do.other", "Something else entirely."),
]);
const always = (...ids: readonly string[]): Learned => ({
  starts: (_, id) => (ids.includes(id) ? 1_000 : 0),
});

test("of equals, what was started before comes first; nothing is found that the words do not find", () => {
  const ids = (learned?: Learned): string[] =>
    search(index, { query: "write a report", limit: 5, learned }).hits.map(({ id }) => id);
  expect(ids().slice(0, 2)).toEqual(["main.report", "next.report"]);
  expect(
    ids({ starts: (term, id) => (term === "report" && id === "next.report" ? 1 : 0) }).slice(0, 2),
  ).toEqual(["next.report", "main.report"]);
  expect(ids(always("do.other"))).toEqual(ids());
});

test("any counts at all leave the same things found, and raise none past one that scores a fifth more", () => {
  const requests = fc.constantFrom("report", "write a report", "monthly report mail", "mail list", "else");
  fc.assert(
    fc.property(requests, fc.array(fc.nat(5_000), { minLength: 4, maxLength: 4 }), (query, counts) => {
      const learned: Learned = { starts: (_, id) => counts["mnsd".indexOf(id.charAt(0))] ?? 0 };
      const plain = search(index, { query, limit: 9 });
      const raised = search(index, { query, limit: 9, learned });
      expect(raised.hits.map(({ id }) => id).sort()).toEqual(plain.hits.map(({ id }) => id).sort());
      const before = new Map(plain.hits.map(({ id, score }) => [id, score]));
      for (const [at, { id }] of raised.hits.entries()) {
        for (const behind of raised.hits.slice(at + 1))
          expect(before.get(behind.id) ?? 0).toBeLessThanOrEqual(1.2 * (before.get(id) ?? 0) + 1e-9);
      }
    }),
    { numRuns: 100 },
  );
});

test("terms are what a query says, without order, form and function words, and not too many", () => {
  expect(queryTerms("Refunding the ORDERS of a refund")).toEqual(["refund", "order"]);
  expect(queryTerms("the of a")).toEqual([]);
  expect(queryTerms(Array.from({ length: 99 }, (_, at) => `word${at}x`).join(" "))).toHaveLength(16);
});
