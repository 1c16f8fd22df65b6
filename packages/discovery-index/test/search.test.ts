import { buildIndex, search, type SearchRequest } from "@mcp-flowgate/discovery-index";
import { describe, expect, test } from "vitest";
import { TOOLS, tool } from "./entries.ts";

const index = buildIndex(TOOLS);
const find = (query: string, more: Partial<SearchRequest> = {}): string[] =>
  search(index, { query, limit: 5, ...more }).hits.map(({ id }) => id);

describe("what is found first", () => {
  test.each([
    ["github.create_issue", "github.create_issue"],
    ["create_issue", "github.create_issue"],
    ["Create Issue", "github.create_issue"],
    ["createIssue", "github.create_issue"],
    ["Release to production", "release"],
    ["open a new ticket in my repo", "github.create_issue"],
    ["erase a folder", "files.delete_directory"],
    ["what will the temperature be in Oslo", "weather.get_forecast"],
    ["wether forcast", "weather.get_forecast"],
    ["ship the next version after approval", "release"],
  ])("%s finds %s", (query, id) => {
    expect(find(query)[0]).toBe(id);
  });

  test("two words that mean together what neither means alone are taken together", () => {
    const made = [
      tool("refund", "refund", "shop", "Refund an order."),
      tool("find_customer", "find_customer", "shop", "Find a customer."),
      tool("power_down", "shutdown", "lab", "Stop a machine."),
    ];
    const first = (query: string): string | undefined =>
      search(buildIndex([...TOOLS, ...made]), { query, limit: 1 }).hits[0]?.id;
    expect(first("give a customer their money back")).toBe("refund");
    expect(first("pay back the buyer")).toBe("refund");
    expect(first("switch off the machine")).toBe("power_down");
  });

  test("an exact id comes before a better match by words", () => {
    const entries = [
      ...TOOLS,
      tool("forecast", "zzz", "other", "Nothing of the kind."),
      tool("x", "forecast", "w", "forecast"),
    ];
    const hits = search(buildIndex(entries), { query: "forecast", limit: 3 }).hits.map(({ id }) => id);
    expect(hits).toEqual(["forecast", "x", "weather.get_forecast"]);
  });

  test("a request for two things finds the tools of both", () => {
    const hits = find("Read the file report.txt. Then send an email with its contents to Ada.");
    expect(hits.slice(0, 2).sort()).toEqual(["files.read_file", "mail.send_email"]);
  });

  test("a tool is found by its parameters, tags, aliases and examples", () => {
    const extra = {
      ...tool("q", "q", "s", ""),
      aliases: ["zebra"],
      examples: ["how many quaggas"],
      tags: ["okapi"],
    };
    const small = buildIndex([...TOOLS, { ...extra, inputSchema: { properties: { giraffe: {} } } }]);
    for (const query of ["zebra", "quaggas", "okapi", "giraffe"]) {
      expect(search(small, { query, limit: 1 }).hits[0]?.id).toBe("q");
    }
  });
});

describe("what is left out", () => {
  test("a request that nothing serves finds nothing and says what there is", () => {
    const answer = search(index, { query: "tune the harpsichord before the recital", limit: 5 });
    expect(answer).toEqual({ total: 0, hits: [], didYouMean: ["code", "files", "mail"] });
  });

  test("a request that nearly nothing serves suggests the titles that came nearest", () => {
    const query =
      "tune harpsichord clavichord spinet virginal before recital virtuoso counterpoint fugue sarabande gavotte minuet cities";
    expect(search(index, { query, limit: 5 })).toEqual({
      total: 0,
      hits: [],
      didYouMean: ["get_forecast", "list_issues"],
    });
  });

  test("kinds and tags narrow the answer, tags without case", () => {
    expect(find("release", { kind: "workflow" })).toEqual(["release"]);
    expect(find("release", { kind: "connection" })).toEqual([]);
    expect(find("issue", { tags: ["CODE"] }).sort()).toEqual(["github.create_issue", "github.list_issues"]);
    expect(find("issue", { tags: ["code", "mail"] })).toEqual([]);
  });

  test("an entry that is not visible leaves no trace", () => {
    const visible = (id: string): boolean => !id.startsWith("mail.");
    expect(search(index, { query: "send_email", limit: 5, visible }).hits.map(({ id }) => id)).not.toContain(
      "mail.send_email",
    );
    expect(search(index, { query: "", limit: 50, visible }).total).toBe(TOOLS.length - 2);
    const nothing = search(index, { query: "tune the harpsichord", limit: 5, visible });
    expect(nothing.didYouMean).not.toContain("mail");
  });
});

describe("pages", () => {
  test("an empty query lists everything in id order", () => {
    const ids = TOOLS.map(({ id }) => id).sort();
    const answer = search(index, { query: "  ", limit: 4, offset: 3 });
    expect(answer).toEqual({
      total: ids.length,
      hits: ids.slice(3, 7).map((id) => ({ id, score: 0 })),
      didYouMean: [],
    });
  });

  test("pages follow each other without gaps, doubles or another total", () => {
    const many = buildIndex(
      Array.from({ length: 400 }, (_, at) =>
        tool(`t${at}`, `read_file_${at % 7}`, `s${at % 11}`, "Read a file."),
      ),
    );
    const whole = search(many, { query: "read a file", limit: 1_000 });
    const paged = Array.from({ length: 9 }, (_, page) =>
      search(many, { query: "read a file", limit: 50, offset: page * 50 }),
    );
    expect(whole.total).toBe(400);
    expect(paged.flatMap(({ hits }) => hits)).toEqual(whole.hits);
    expect(new Set(paged.map(({ total }) => total))).toEqual(new Set([400]));
  });
});

describe("changing the index", () => {
  test("an added, replaced or removed tool is found, found anew, or gone at once", () => {
    const changing = buildIndex(TOOLS);
    const first = (query: string): string | undefined => search(changing, { query, limit: 1 }).hits[0]?.id;
    changing.add(tool("dns.lookup", "lookup_host", "dns", "Resolve a host name."));
    expect(first("resolve host name")).toBe("dns.lookup");
    changing.replace(tool("dns.lookup", "lookup_host", "dns", "Find out who owns a trademark."));
    expect(first("trademark owner")).toBe("dns.lookup");
    expect(search(changing, { query: "host", limit: 5 }).hits.map(({ id }) => id)).toEqual(["dns.lookup"]);
    expect(search(changing, { query: "resolve", limit: 5 }).hits.map(({ id }) => id)).not.toContain(
      "dns.lookup",
    );
    expect([changing.remove("dns.lookup"), changing.remove("dns.lookup"), changing.size]).toEqual([
      true,
      false,
      TOOLS.length,
    ]);
    expect(search(changing, { query: "trademark", limit: 5 }).total).toBe(0);
  });

  test("an entry is given back as it came", () => {
    expect(index.get("release")).toBe(TOOLS.find(({ id }) => id === "release"));
    expect(index.get("constructor")).toBeUndefined();
  });
});
