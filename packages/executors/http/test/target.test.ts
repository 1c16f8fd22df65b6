import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createExecutor, failureOf, listen, toCall, toContext } from "./fixture.ts";
import { toTarget } from "../src/target.ts";

const BASE = "https://payroll.example.com/v1";

/** What a caller might put where the configuration has a variable. */
const NASTY = [
  "../../admin/users?x=",
  "..",
  ".",
  "%2e%2e",
  "%2e%2e%2fadmin",
  "..%2fadmin",
  "%252e%252e",
  "..\\admin",
  "?admin=1",
  "#fragment",
  "a\r\nX-Injected: 1",
  "a\nb",
  "@evil.example",
  "user:password@evil.example",
  "//evil.example/",
  "https://evil.example/",
  "\\\\evil.example",
  ":8080",
  ";jsessionid=1",
  "a b",
  "\u0000",
  "ü/\u{1f600}",
  "",
];

describe("a path", () => {
  test.for([
    ["", "/v1"],
    ["/", "/v1/"],
    ["/employees/7", "/v1/employees/7"],
    ["employees", "/v1/employees"],
    ["/a%2Fb/c%20d", "/v1/a%2Fb/c%20d"],
    ["/find?by=name", "/v1/find?by=name"],
    ["/a;b=c", "/v1/a;b=c"],
    ["/...", "/v1/..."],
    ["/100%", "/v1/100%"],
  ])("lies below the base URL: %s", ([path = "", expected]) => {
    const target = toTarget(BASE, path, []);
    expect(target.ok && target.value.pathname + target.value.search).toBe(expected);
    expect(target.ok && target.value.origin).toBe("https://payroll.example.com");
  });

  test.for([
    "/../admin",
    "/a/../../admin",
    "/%2e%2e/admin",
    "/.%2e/admin",
    "/a/%2E%2E",
    "/..%2fadmin",
    "/%252e%252e/admin",
    "/a\\..\\b",
    "/..;/admin\\",
    "/a#b",
    "/a b",
    "/a\r\nHost: evil",
    "/./a",
  ])("that could lead elsewhere is refused: %j", (path) => {
    expect(toTarget(BASE, path, []).ok).toBe(false);
  });

  test.for([
    "//evil.example/x",
    "@evil.example/x",
    "https://evil.example/x",
    "/@evil.example",
    ":443/x",
    "//../x",
  ])("never becomes another origin: %s", (path) => {
    const target = toTarget(BASE, path, []);
    expect(target.ok ? target.value.href : `${BASE}/`).toMatch(/^https:\/\/payroll\.example\.com\/v1\//);
  });

  test("made of anything, encoded or not, keeps origin, prefix and user information (F48)", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary-ascii" }),
      fc.constantFrom(...NASTY),
    );
    const part = fc.oneof(text, text.map(encode));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 4 }),
        fc.array(fc.tuple(text, text), { maxLength: 3 }),
        (parts, query) => {
          const target = toTarget(BASE, `/${parts.join("/")}`, query);
          if (!target.ok) return;
          expect(target.value.origin).toBe("https://payroll.example.com");
          expect(target.value.pathname).toMatch(/^\/v1\//);
          expect(target.value.username + target.value.password + target.value.hash).toBe("");
          for (const [name, value] of query)
            expect(target.value.searchParams.getAll(name)).toContain(value.toWellFormed());
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("on the wire", () => {
  test("no value in any position changes host, prefix or the number of headers (F48, W24)", async () => {
    const api = await listen();
    const executor = createExecutor({ baseUrl: `${api.origin}/v1`, headers: { "x-own": "1" } });
    const usual = await executor.execute(
      toCall("/items/a", { query: [["q", "a"]], headers: { "x-call": "a" } }),
      toContext(),
    );
    expect(usual.status).toBe("succeeded");
    const names = api.seen[0]?.rawHeaderNames.toSorted();
    for (const value of NASTY) {
      for (const call of [
        toCall(`/items/${encode(value)}`, { query: [["q", "a"]], headers: { "x-call": "a" } }),
        toCall(`/items/${value}`, { query: [["q", "a"]], headers: { "x-call": "a" } }),
        toCall("/items/a", { query: [["q", value]], headers: { "x-call": "a" } }),
        toCall("/items/a", { query: [[value, "a"]], headers: { "x-call": "a" } }),
        toCall("/items/a", { query: [["q", "a"]], headers: { "x-call": value } }),
      ]) {
        const outcome = await executor.execute(call, toContext());
        expect(outcome.status === "failed" ? outcome.effect : "not_sent").toBe("not_sent");
      }
    }
    expect(api.seen.length).toBeGreaterThan(40);
    for (const seen of api.seen) {
      expect(seen.url).toMatch(/^\/v1\/items\//);
      expect(seen.headers.host).toBe(new URL(api.origin).host);
      expect(seen.rawHeaderNames.toSorted()).toEqual(names);
    }
  });

  test.for(["Host", "Content-Length", "transfer-encoding", "Connection", "Upgrade", "bad name", "x:y", ""])(
    "no call sets the header %j",
    async (name) => {
      const api = await listen();
      const outcome = await createExecutor({ baseUrl: api.origin }).execute(
        toCall("/", { headers: { [name]: "x" } }),
        toContext(),
      );
      expect(failureOf(outcome)).toMatchObject({ effect: "not_sent", errorClass: "permanent" });
      expect(api.seen).toEqual([]);
    },
  );

  test("no call replaces the connection's credentials", async () => {
    const api = await listen();
    const executor = createExecutor({ baseUrl: api.origin, auth: { kind: "bearer", token: "own" } });
    await executor.execute(toCall("/", { headers: { Authorization: "Bearer other" } }), toContext());
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer own"]);
  });
});

function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}
