import { readFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok } from "@mcp-flowgate/core";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { createNodeDigest } from "flowgate-check";
import { describe, expect, it } from "vitest";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/migrating-expressions.md"), "utf8");

async function codesOf(text: string): Promise<readonly string[]> {
  const bytes = new TextEncoder().encode(`version: "1.0.0"\n${text}`);
  const { diagnostics } = await compileConfig({
    files: ["/c/gateway.yaml"],
    reader: {
      read: async (path) => (path === "/c/gateway.yaml" ? ok(bytes) : err({ message: "no" })),
      glob: async () => [],
      resolve: (base, relative) => `${base}/${relative}`,
      directory: () => "/c",
    },
    env: () => undefined,
    digest: createNodeDigest(),
  });
  return diagnostics.map(({ code }) => code);
}

const SCHEMA =
  "{ type: object, properties: { x: { type: string }, y: { type: string }, n: { type: number } }, required: [n], additionalProperties: false }";
const guard = (text: string): string =>
  `proxy: { expose: [{ name: p, inputSchema: ${SCHEMA}, guards: [${text}] }] }`;
const expr = (text: string): string => guard(`{ kind: expr, expr: ${JSON.stringify(text)} }`);
const calling = (executor: string): string =>
  `connections: { s: { kind: mcp, command: s }, h: { kind: http, baseUrl: https://h.example } }
proxy: { import: [{ connection: s }], expose: [{ name: p, executor: { kind: http, connection: h } }] }
workflows: { w: { initialState: a, inputSchema: ${SCHEMA}, states: { a: { transitions: { go: { target: b, inputSchema: ${SCHEMA}, executor: ${executor} } } }, b: { terminal: true } } } }`;

/** What an earlier release took otherwise, and the codes that the page promises for it. */
const DIFFERENCES: readonly (readonly [row: string, text: string, codes: readonly string[]])[] = [
  ["A missing path was `null`.", expr("$.arguments.x == $.arguments.y"), ["FG524"]],
  [
    "`not` over a guard",
    guard("{ kind: not, guard: { kind: expr, expr: $.arguments.x == 'a' } }"),
    ["FG524"],
  ],
  ['`$.context.x != "a"` was true', expr("$.arguments.x != 'a'"), ["FG524"]],
  ["A misspelt scope or a bare word", expr("$.argumets.x == true"), ["FG504"]],
  ["A misspelt scope or a bare word", expr("$.arguments.n == yes"), ["FG501"]],
  ["An expression that could not be parsed", expr("$.arguments.n >"), ["FG501"]],
  ["`starts_with` and `contains`", expr("$.arguments.n starts_with 'a'"), ["FG523"]],
  ["Values of different types", expr("$.arguments.n == '5'"), ["FG521"]],
  ["Values of different types", expr("'5' < $.arguments.n"), ["FG523"]],
  ["Integers beyond 2^53 - 1", expr("$.arguments.n == 9007199254740993"), ["FG503"]],
  ["`kind: jsonpath`", guard("{ kind: jsonpath, expr: $.arguments.n == 1 }"), ["FG206"]],
  ["`kind: all_of`", guard("{ kind: all_of, guards: [{ kind: role, role: r }] }"), ["FG206"]],
  [
    "An empty or misspelt `guards:`",
    guard("{ kind: allOf, guard: [{ kind: role, role: r }] }"),
    ["FG201", "FG202"],
  ],
  ["An empty or misspelt `guards:`", guard("{ kind: allOf, guards: [] }"), ["FG204"]],
  ["An unknown kind", guard("{ kind: not, guard: { kind: rol, role: r } }"), ["FG204"]],
  ["`require:` for `requires:`", guard("{ kind: evidence, require: [tests] }"), ["FG201", "FG202"]],
  [
    "A path without a value",
    calling("{ kind: mcp, connection: s, tool: t, map: { a: $.context.nothing } }"),
    ["FG312"],
  ],
  [
    "A misspelt operator",
    calling("{ kind: mcp, connection: s, tool: t, map: { a: { add: 5 } } }"),
    ["FG511"],
  ],
  ["`{var}` in an HTTP path", calling('{ kind: http, connection: h, path: "/a/{nothing}" }'), ["FG312"]],
];

describe("the page about earlier releases", () => {
  it.each(DIFFERENCES)("%s is found by the codes that it names: %s", async (row, text, codes) => {
    const found = await codesOf(text);
    for (const code of codes) expect(found).toContain(code);
    const line = PAGE.split("\n").find((candidate) => candidate.startsWith("| ") && candidate.includes(row));
    expect(line).toBeDefined();
    const promised = (line ?? "").split("|").at(-2) ?? "";
    for (const code of codes) expect(covers(promised, code)).toBe(true);
  });
});

/** `FG501`–`FG509` stands for all between them. */
function covers(promised: string, code: string): boolean {
  const [, first, last] = /`(FG\d+)`–`(FG\d+)`/.exec(promised) ?? [];
  if (first !== undefined && last !== undefined && first <= code && code <= last) return true;
  return promised.includes(`\`${code}\``);
}
