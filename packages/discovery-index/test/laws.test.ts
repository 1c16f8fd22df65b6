import { buildIndex, search, type CatalogueEntry, type SearchRequest } from "@mcp-flowgate/discovery-index";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

const WORDS = [
  "read",
  "file",
  "files",
  "weather",
  "forecast",
  "send",
  "email",
  "GitHub",
  "issue",
  "删除",
  "目录",
  "ключ",
  "a",
  "the",
];
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }).map((words) => words.join(" "));
const name = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 })
  .map((words) => words.join("_"));
const entry: fc.Arbitrary<CatalogueEntry> = fc.record({
  id: fc.nat(40).map((number) => `e${number}`),
  kind: fc.constantFrom("capability", "workflow", "connection"),
  name,
  server: fc.constantFrom("alpha", "beta"),
  description: text,
  tags: fc.subarray(["x", "y"]),
});
const catalogue = fc.uniqueArray(entry, { selector: ({ id }) => id, maxLength: 25 });
const query = fc.oneof(
  text,
  name,
  fc.string({ maxLength: 30 }),
  fc.nat(40).map((number) => `e${number}`),
);
const runs = { numRuns: 150 };

describe("laws", () => {
  test("the order in which a catalogue is built does not tell", () => {
    const shuffled = catalogue.chain((entries) =>
      fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
    );
    fc.assert(
      fc.property(shuffled, query, ([one, other], asked) => {
        const request = { query: asked, limit: 50 };
        expect(search(buildIndex(other), request)).toEqual(search(buildIndex(one), request));
      }),
      runs,
    );
  });

  test("an index changed step by step answers like one built at once", () => {
    const step = fc.oneof(
      fc.record({ add: entry }),
      fc.record({ remove: fc.nat(40).map((number) => `e${number}`) }),
    );
    fc.assert(
      fc.property(catalogue, fc.array(step, { maxLength: 30 }), query, (entries, steps, asked) => {
        const index = buildIndex(entries);
        const expected = new Map(entries.map((one) => [one.id, one]));
        let agreed = true;
        for (const change of steps) {
          if ("add" in change) {
            index.add(change.add);
            expected.set(change.add.id, change.add);
          } else {
            agreed &&= index.remove(change.remove) === expected.delete(change.remove);
          }
        }
        expect(agreed).toBe(true);
        const request = { query: asked, limit: 50 };
        expect(index.size).toBe(expected.size);
        expect(search(index, request)).toEqual(search(buildIndex(expected.values()), request));
      }),
      runs,
    );
  });

  test("an id that is asked for comes first", () => {
    fc.assert(
      fc.property(catalogue, (entries) => {
        const index = buildIndex(entries);
        for (const { id } of entries) expect(search(index, { query: id, limit: 1 }).hits[0]?.id).toBe(id);
      }),
      runs,
    );
  });

  test("a name that is asked for comes before everything of another name", () => {
    fc.assert(
      fc.property(catalogue, (entries) => {
        const index = buildIndex(entries);
        const names = new Map(entries.map((one) => [one.id, one.name]));
        for (const one of entries) {
          const first = search(index, { query: one.name ?? "", limit: 1 }).hits[0]?.id ?? "";
          expect(names.get(first)).toBe(one.name);
        }
      }),
      runs,
    );
  });

  test("an answer keeps to its limit, its total and its filters, and scores fall outside names", () => {
    const filters = fc.record({
      kind: fc.option(fc.constantFrom("capability", "workflow"), { nil: undefined }),
      tags: fc.subarray(["x", "y"]),
      limit: fc.nat(8),
      offset: fc.nat(8),
    });
    fc.assert(
      fc.property(catalogue, query, filters, (entries, asked, more) => {
        const index = buildIndex(entries);
        const { hits, total, didYouMean } = search(index, { query: asked, ...more });
        expect(hits.length).toBe(Math.max(0, Math.min(more.limit, total - more.offset)));
        expect(didYouMean.length === 0 || total === 0).toBe(true);
        expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
        for (const { id } of hits) {
          const found = index.get(id);
          expect(more.kind === undefined || found?.kind === more.kind).toBe(true);
          expect(more.tags.every((tag) => found?.tags?.includes(tag))).toBe(true);
        }
      }),
      runs,
    );
  });

  test("what is not visible shows in no hit, total or suggestion", () => {
    fc.assert(
      fc.property(catalogue, fc.nat(3), query, (entries, rest, asked) => {
        const visible = (id: string): boolean => Number(id.slice(1)) % 4 !== rest;
        const named = entries.map((one) =>
          visible(one.id) ? one : { ...one, title: `secret ${one.id}`, tags: ["secret"] },
        );
        const request: SearchRequest = { query: asked, limit: 50, visible };
        const answer = search(buildIndex(named), request);
        expect(answer.total).toBeLessThanOrEqual(entries.filter(({ id }) => visible(id)).length);
        expect(answer.total).toBe(answer.hits.length);
        expect(answer.hits.every(({ id }) => visible(id))).toBe(true);
        expect(answer.didYouMean.join(" ")).not.toContain("secret");
      }),
      runs,
    );
  });

  test("what is not visible changes nothing: the answer is that of an index that never had it", () => {
    const misspelt = fc.constantFrom(
      "wether forcast",
      "githubissue",
      "reed fles",
      "emails",
      "secretword",
      "sekretword",
    );
    const hiding = fc.tuple(catalogue, fc.func(fc.boolean()), fc.oneof(query, misspelt), fc.nat(6));
    fc.assert(
      fc.property(hiding, ([entries, hides, asked, limit]) => {
        const visible = (id: string): boolean => !hides(id);
        // What is hidden has words of its own, too: they must be unknown to a request.
        const named = entries.map((one) =>
          visible(one.id) ? one : { ...one, description: `${one.description} secretword`, tags: ["secret"] },
        );
        const request: SearchRequest = { query: asked, limit, offset: limit % 2 };
        const shown = buildIndex(named.filter(({ id }) => visible(id)));
        const index = buildIndex(named);
        expect(search(index, { ...request, visible })).toEqual(search(shown, request));
        const filtered = { ...request, kind: "capability", tags: ["x"] } as const;
        expect(search(index, { ...filtered, visible })).toEqual(search(shown, filtered));
        // The view follows the index.
        const [first] = named;
        if (first === undefined) return;
        index.remove(first.id);
        shown.remove(first.id);
        expect(search(index, { ...request, visible })).toEqual(search(shown, request));
      }),
      { numRuns: 400 },
    );
  });

  test("hidden words do not take the place of visible ones that are less like a misspelt one", () => {
    const made = (id: string): CatalogueEntry => ({ id, kind: "capability", name: "tool", description: id });
    const ids = ["meteorologic", "meteorologix", "meteorologiz", "meteorologiy", "meteorology"];
    const visible = (id: string): boolean => id === "meteorology";
    const request: SearchRequest = { query: "meteorologi", limit: 5 };
    const { hits } = search(buildIndex(ids.map(made)), { ...request, visible });
    expect(hits).toEqual(search(buildIndex([made("meteorology")]), request).hits);
    expect(hits).toHaveLength(1);
  });

  test("an index that has seen many tools come and go answers like a new one", () => {
    const words = (at: number): string => `${String.fromCharCode(97 + (at % 26)).repeat(4)}${WORDS[at % 7]}`;
    const made = (at: number): CatalogueEntry => ({
      id: `e${at % 50}`,
      kind: "capability",
      name: words(at),
      server: `s${at % 3}`,
      description: `${words(at * 7)} number${at}`,
    });
    const index = buildIndex([]);
    const expected = new Map<string, CatalogueEntry>();
    for (let at = 0; at < 5_000; at++) {
      index.add(made(at));
      expected.set(made(at).id, made(at));
      const gone = `e${(at * 7) % 50}`;
      if (at % 3 === 0 && expected.delete(gone)) index.remove(gone);
      if (at % 611 !== 0) continue;
      const rebuilt = buildIndex(expected.values());
      for (const query of [words(at), "dddfile", "number4", "read eeee", "", `e${at % 50}`]) {
        expect(search(index, { query, limit: 60 })).toEqual(search(rebuilt, { query, limit: 60 }));
      }
    }
  });
});
