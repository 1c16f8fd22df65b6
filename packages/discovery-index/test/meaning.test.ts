import { buildIndex, search, type CatalogueEntry, type Meaning } from "@mcp-flowgate/discovery-index";
import * as fc from "fast-check";
import { expect, test } from "vitest";

const entries: readonly CatalogueEntry[] = [
  { id: "ledger.reverse", kind: "capability", description: "Reverses a settled charge." },
  { id: "ledger.open", kind: "capability", description: "Opens the ledger of a month." },
  { id: "mail.send", kind: "capability", description: "Sends an email." },
  { id: "mail.close", kind: "workflow", description: "Closes a mailbox." },
];
const index = buildIndex(entries);
const meaning = (near: Readonly<Record<string, number>>, least = 0.4): Meaning => ({
  least,
  similarity: ({ id }) => near[id],
});
const ids = (query: string, about: Meaning, more: object = {}): string[] =>
  search(index, { query, limit: 10, meaning: about, ...more }).hits.map(({ id }) => id);

test("a request without a word of the catalogue is answered by meaning, and only from its least similarity on", () => {
  expect(search(index, { query: "zzqx", limit: 5 }).total).toBe(0);
  expect(ids("zzqx", meaning({ "ledger.reverse": 0.9, "mail.send": 0.4, "ledger.open": 0.39 }))).toEqual([
    "ledger.reverse",
    "mail.send",
  ]);
  expect(search(index, { query: "zzqx", limit: 5, meaning: meaning({ "mail.send": 0.1 }) })).toMatchObject({
    total: 0,
    hits: [],
  });
});

test("what both find comes before what one finds, and an exact name before both", () => {
  const near = meaning({ "ledger.reverse": 0.9, "mail.send": 0.8 });
  expect(ids("send a letter by mail", near)[0]).toBe("mail.send");
  expect(ids("mail.close", near)[0]).toBe("mail.close");
});

test("a listing, a filter and an entry that is not visible are as they are without it", () => {
  const near = meaning({ "ledger.reverse": 0.9, "mail.send": 0.8 });
  expect(ids("", near)).toEqual(["ledger.open", "ledger.reverse", "mail.close", "mail.send"]);
  expect(ids("zzqx", near, { kind: "workflow" })).toEqual([]);
  expect(ids("zzqx", near, { visible: (id: string) => id !== "ledger.reverse" })).toEqual(["mail.send"]);
});

test("pages fit together whatever is near", () => {
  const similarity = fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.tuple(similarity, similarity, similarity, similarity),
      fc.constantFrom("mail", "ledger charge", "zz"),
      (near, query) => {
        const about: Meaning = {
          least: 0,
          similarity: ({ id }) => near[entries.findIndex((entry) => entry.id === id)],
        };
        const whole = search(index, { query, limit: 10, meaning: about });
        const pages = Array.from(
          { length: whole.total },
          (_, offset) => search(index, { query, limit: 1, offset, meaning: about }).hits[0],
        );
        expect(pages).toEqual(whole.hits);
        expect(whole.hits.length).toBe(whole.total);
      },
    ),
    { numRuns: 60 },
  );
});
