import {
  decodeCursor,
  encodeCursor,
  nearestIds,
  topicCounts,
  toSummary,
} from "@mcp-flowgate/discovery-index";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOOLS } from "./entries.ts";

describe("toSummary", () => {
  test.each([
    ["one sentence", "Read a file.", "Read a file."],
    [
      "the first of several",
      "Reads the complete contents of a text file. Only within allowed folders. Fails otherwise.",
      "Reads the complete contents of a text file.",
    ],
    [
      "a short first sentence takes the next",
      "Read a file. Only inside the allowed folders.",
      "Read a file. Only inside the allowed folders.",
    ],
    [
      "abbreviations do not end it",
      "Convert units, e.g. miles to kilometres, or U.S. cups to litres. Exact.",
      "Convert units, e.g. miles to kilometres, or U.S. cups to litres.",
    ],
    [
      "addresses and numbers do not end it",
      "Fetch https://example.com/a.b and read version 2.5 of the text there! Then stop.",
      "Fetch https://example.com/a.b and read version 2.5 of the text there!",
    ],
    ["argument lists are left behind", "Create an issue\n\nArgs:\n  repo: owner/name", "Create an issue"],
    [
      "argument lists on the next line too",
      "Create an issue in a repository\nArgs:\n  repo: owner/name",
      "Create an issue in a repository",
    ],
    [
      "headings lose their mark",
      "# Search\nthe web for anything at all today.",
      "Search the web for anything at all today.",
    ],
    [
      "Chinese sentences",
      "使用必应搜索指定的关键词，并返回搜索结果列表，包括标题、链接、摘要和编号，供后续获取网页内容使用，也可以翻页。第二句。",
      "使用必应搜索指定的关键词，并返回搜索结果列表，包括标题、链接、摘要和编号，供后续获取网页内容使用，也可以翻页。",
    ],
    ["nothing", " \n ", ""],
  ])("%s", (_, text, summary) => {
    expect(toSummary(text)).toBe(summary);
  });

  test("a long sentence is cut between words", () => {
    const summary = toSummary("word ".repeat(100));
    expect(summary).toBe(`${"word ".repeat(31)}word…`);
    expect(toSummary("abc def ghi", 8)).toBe("abc def…");
  });

  test("is one line within its bound for any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.integer({ min: 1, max: 200 }),
        (text, max) => {
          const summary = toSummary(text, max);
          expect(summary.length).toBeLessThanOrEqual(max);
          expect(summary).not.toMatch(/[\n\r\t]/);
        },
      ),
    );
  });
});

describe("nearestIds", () => {
  const ids = [
    ...TOOLS.map(({ id }) => id),
    "slack.post_message",
    "slack.list_channels",
    "postgres.run_query",
  ];

  test.each([
    ["a slip of the finger", "github.create_isue", "github.create_issue"],
    ["other separators", "github/create-issue", "github.create_issue"],
    ["other case", "GitHub.CreateIssue", "github.create_issue"],
    ["segments swapped", "github.issue_create", "github.create_issue"],
    ["a missing prefix", "send_email", "mail.send_email"],
    ["a wrong prefix", "outlook.send_email", "mail.send_email"],
    ["a cut end", "postgres.run", "postgres.run_query"],
    ["letters swapped", "reelase", "release"],
    ["a plural", "slack.post_messages", "slack.post_message"],
  ])("%s: %s", (_, unknown, id) => {
    expect(nearestIds(ids, unknown)[0]).toBe(id);
  });

  test("nothing alike gives nothing, and never more than asked", () => {
    expect(nearestIds(ids, "zzzzqqqq")).toEqual([]);
    expect(nearestIds(ids, "")).toEqual([]);
    expect(nearestIds(ids, "github.issue", 2).length).toBe(2);
    expect(nearestIds([], "x")).toEqual([]);
  });

  test("the order of the ids does not tell", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(ids, { minLength: ids.length }),
        fc.constantFrom("github.isues", "file", "x.y"),
        (other, unknown) => {
          expect(nearestIds(other, unknown)).toEqual(nearestIds(ids, unknown));
        },
      ),
    );
  });

  test("50,000 ids are looked through at once", () => {
    const many = Array.from({ length: 50_000 }, (_, at) => `server${at % 500}.do_some_thing_${at}`);
    const start = performance.now();
    expect(nearestIds([...many, "github.create_issue"], "github.create_isue")[0]).toBe("github.create_issue");
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe("topicCounts", () => {
  test("counts each tag once an entry, without case, most frequent first", () => {
    const entries = [{ tags: ["Code", "code", "b"] }, { tags: ["CODE", "a"] }, { tags: [" "] }, {}];
    expect(topicCounts(entries)).toEqual([
      { tag: "code", count: 2 },
      { tag: "a", count: 1 },
      { tag: "b", count: 1 },
    ]);
    expect(topicCounts(Array.from({ length: 30 }, (_, at) => ({ tags: [`t${at}`] }))).length).toBe(12);
    expect(topicCounts(entries, 1)).toEqual([{ tag: "code", count: 2 }]);
  });
});

describe("cursors", () => {
  const scope = { query: "read file", kind: "capability", tags: ["b", "a"] };

  test("a cursor leads back to its offset in its own search only", () => {
    const cursor = encodeCursor(25, scope);
    expect(decodeCursor(cursor, { ...scope, tags: ["a", "b"], query: " read file " })).toEqual({
      ok: true,
      value: 25,
    });
    for (const other of [{ ...scope, query: "x" }, { query: "read file" }, { ...scope, kind: "workflow" }]) {
      expect(decodeCursor(cursor, other).ok).toBe(false);
    }
  });

  test("its form is fixed, since it must be read by other replicas and versions", () => {
    expect(encodeCursor(5, { query: "read file" })).toMatchInlineSnapshot(`"c1-5-etemaj"`);
  });

  test("garbage is refused with a sentence", () => {
    expect(decodeCursor("nonsense", scope)).toEqual({
      ok: false,
      error: "The cursor is not one that a search returned.",
    });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeCursor(text, scope).ok).toBe(false);
      }),
    );
  });

  test("every offset survives", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000_000), fc.string(), (offset, query) => {
        expect(decodeCursor(encodeCursor(offset, { query }), { query })).toEqual({ ok: true, value: offset });
      }),
    );
  });
});
