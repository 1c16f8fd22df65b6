import {
  compileConfig,
  createCompileCache,
  type Compilation,
  type CompileCache,
} from "@mcp-flowgate/config-compiler";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryReader, digest } from "./memory-reader.ts";

const HEADS = [
  "",
  "x-shared: &input { type: object, properties: { id: { type: string } } }\n",
  "limits: { links: 5 }\n",
  "identity: { kind: apiKeys, keys: [{ id: a, key: '${KEY}', subject: a, roles: [clerk] }] }\n",
  "discovery: { include: [workflows] }\n",
];
const CONNECTIONS = [
  ["api: { kind: http, baseUrl: 'https://api.example.com' }", "api: { kind: mcp, command: api }"],
  ["tool: { kind: cli, command: tool }", "tool: { kind: http, baseUrl: 'https://tool.example.com' }"],
  ["gh: { kind: mcp, command: gh }", "gh: { kind: mcp, command: gh, args: ['${GH}'] }"],
];
const HTTP = "executor: { kind: http, connection: api, path: '/a/{id}' }";
const CAPABILITIES = [
  [
    `base: { inputSchema: { type: object, properties: { id: { type: string } } }, ${HTTP} }`,
    `base: { inputSchema: &own { type: object, properties: { id: { type: string, minLength: 5, maxLength: 3 } } }, ${HTTP} }`,
    `base: { inputSchema: { type: object, required: [id], properties: { id: { type: integer } } }, ${HTTP} }`,
    `base: { ${HTTP}, guards: [{ kind: expr, expr: '$.arguments.id > ' }] }`,
    "base: { wraps: upper }",
  ],
  [
    "upper: { wraps: base, guards: [{ kind: expr, expr: 'size($.arguments.id) > 2' }] }",
    "upper: { wraps: base, reliability: { retry: { maxAttempts: 3 } } }",
    "upper: { wraps: gh.issue, title: Upper }",
    "upper: { executor: { kind: cli, connection: tool, args: ['$.arguments.id'] }, description: '${TEXT:-plain}' }",
    "upper: { executor: { kind: workflow, definitionId: flow } }",
  ],
  [
    "loose: { executor: { capability: upper }, description: 'Loose' }",
    "loose: { executor: { capability: upper }, inputSchema: { type: object, required: id } }",
    "loose: { executor: { kind: mcp, connection: tool, tool: t }, titel: T }",
    "loose: { executor: { kind: noop }, inputSchema: *own }",
  ],
];
const EXPOSED = [
  [
    "{ capability: base }",
    "{ capability: base, guards: [{ kind: expr, expr: '$.arguments.id > 3' }] }",
    "{ capability: base, as: renamed, description: 'Again' }",
    "{ capability: nothing }",
  ],
  ["{ capability: upper, as: two }", "{ capability: upper, as: two, executor: { kind: noop } }"],
  [
    "{ name: plain, executor: { capability: loose }, guards: [{ kind: expr, expr: '$.arguments.id == null' }] }",
    "{ name: plain, executor: { kind: noop }, guards: [{ kind: expr, expr: '$.arguments.id > 3' }], inputSchema: { type: object, properties: { id: { type: string } } } }",
    "{ name: plain, executor: { kind: mcp, connection: gh, tool: x }, description: '${KEY}' }",
    "{ name: plain, executor: { kind: mcp, connection: gh, tool: x }, description: 'a-secret-value' }",
    "{ name: renamed, executor: { kind: http, connection: api, path: '/b', idempotent: true, effect: read } }",
    `{ name: plain, ${HTTP}, inputSchema: { type: string, minLength: 5, maxLength: 3 } }`,
    "{ name: plain, executor: { kind: noop }, inputSchema: *own }",
  ],
  [
    `{ name: last, ${HTTP} }`,
    `{ name: plain, ${HTTP} }`,
    `{ name: last, ${HTTP}, description: '\${KEY}' }`,
    `{ name: last, ${HTTP}, description: 'a-secret-value' }`,
    `{ name: plain, ${HTTP}, inputSchema: { type: string, minLength: 5, maxLength: 3 } }`,
  ],
];
const flow = (step: string, more = ""): string =>
  `flow: { initialState: a, ${more} states: { a: { transitions: { go: { target: b, ${step} } } }, b: { terminal: true } } }`;
const WORKFLOWS = [
  [
    flow("executor: { capability: upper }"),
    flow("executor: { capability: base }, guards: [{ kind: expr, expr: '$.arguments.id > 2' }]"),
    flow("executor: { kind: human, queue: q }, actor: human"),
    flow("executor: { kind: noop }, output: { x: '$.output.y' }", "timeoutMs: 5s,"),
    flow("executor: { kind: noop }, evidence: { requires: [done] }"),
  ],
  [
    flow("executor: { kind: workflow, definitionId: flow }").replace("flow:", "child:"),
    flow("executor: { kind: noop }").replace("flow:", "base:"),
  ],
];

/** Every place of a configuration where there is a choice, with the indentation of what stands there. */
const PLACES = [
  { under: "", indent: "", of: [HEADS] },
  { under: "connections:", indent: "  ", of: CONNECTIONS },
  { under: "capabilities:", indent: "  ", of: CAPABILITIES },
  {
    under: "proxy:\n  import:\n    - { connection: gh, prefix: gh }\n  expose:",
    indent: "    - ",
    of: EXPOSED,
  },
  { under: "workflows:", indent: "  ", of: WORKFLOWS },
];
const VARIANTS = PLACES.flatMap(({ of }) => of.map((variants) => variants.length));

/** The number of a variant at each place; one more than there are leaves it out. Most have no mistake: only of those something is kept. */
const choices = fc.tuple(
  ...VARIANTS.map((many) => fc.oneof({ arbitrary: fc.constant(0), weight: 5 }, fc.nat({ max: many }))),
);

/** What is changed from one configuration to the next: one choice, and now and then any line of the text. */
const edit = fc.record({
  at: fc.nat({ max: VARIANTS.length - 1 }),
  to: fc.nat({ max: 7 }),
  value: fc.constantFrom("a-secret-value", "another value"),
  line: fc.option(
    fc.record({
      at: fc.nat({ max: 30 }),
      to: fc.constantFrom("", "    - { name: extra }", "\t", "    more: 1", "# a note"),
    }),
    { freq: 1 },
  ),
});

const SOUND = VARIANTS.map(() => 0);
const change = (at: number, to: number): typeof edit extends fc.Arbitrary<infer T> ? T : never => ({
  at,
  to,
  value: "a-secret-value",
  line: null,
});

function linesOf(chosen: readonly number[]): string[] {
  let place = 0;
  return PLACES.flatMap(({ under, indent, of }) => [
    under,
    ...of.flatMap((variants) => {
      const text = variants[chosen[place++] ?? 0];
      return text === undefined ? [] : [`${indent}${text}`];
    }),
  ]);
}

/** All of an outcome that is data, in its order. */
function said(compilation: Compilation): string {
  const { sources, workflowHashes } = compilation;
  return JSON.stringify(
    { ...compilation, sources: [...sources], workflowHashes: [...workflowHashes] },
    null,
    1,
  );
}

function compile(
  text: string,
  cache: CompileCache | undefined,
  value = "a-secret-value",
): Promise<Compilation> {
  return compileConfig({
    files: ["/c/gateway.yaml"],
    reader: createMemoryReader({ "/c/gateway.yaml": text }),
    env: (name) => (name === "TEXT" ? undefined : value),
    digest,
    ...(cache === undefined ? {} : { cache }),
  });
}

describe("a compilation with what is known of those before", () => {
  it("says what one without says, after any changes", async () => {
    await fc.assert(
      fc.asyncProperty(choices, fc.array(edit, { minLength: 1, maxLength: 8 }), async (first, edits) => {
        const cache = createCompileCache();
        let chosen: readonly number[] = first;
        await compile(`version: "1.0.0"\n${linesOf(first).join("\n")}`, cache);
        for (const { at, to, value, line } of edits) {
          chosen = chosen.with(at, to);
          const lines = linesOf(chosen);
          if (line !== null) lines[line.at % lines.length] = line.to;
          const text = `version: "1.0.0"\n${lines.join("\n")}`;
          expect(said(await compile(text, cache, value))).toBe(said(await compile(text, undefined, value)));
        }
      }),
      {
        numRuns: 200,
        // A value from outside that was a literal; a schema that a guard elsewhere reads; the same mistake at two places.
        examples: [
          [SOUND.with(10, 3), [change(10, 2)]],
          [SOUND.with(4, 2).with(7, 1), [change(4, 0)]],
          [SOUND, [change(9, 5), change(10, 4)]],
        ],
      },
    );
  });

  it("takes over what did not change, and gives it again as the same object", async () => {
    const cache = createCompileCache();
    const config = (description: string): string => `
version: "1.0.0"
connections: { api: { kind: http, baseUrl: "https://api.example.com" } }
proxy:
  expose:
    - { name: changes, description: ${description}, executor: { kind: noop } }
    - { name: stays, executor: { kind: http, connection: api, path: "/a" } }
workflows:
  flow: { initialState: a, states: { a: { terminal: true } } }
`;
    const before = (await compile(config("One"), cache)).plan;
    const after = (await compile(`# moved by a line\n${config("Two")}`, cache)).plan;
    expect(after?.capabilities["changes"]?.description).toBe("Two");
    expect(after?.capabilities["stays"]).toBe(before?.capabilities["stays"]);
    expect(after?.workflows["flow"]).toBe(before?.workflows["flow"]);
  });

  it("keeps nothing of what the last plan was not made of, and what it knows through a mistake", async () => {
    const cache = createCompileCache();
    const config = (names: readonly string[]): string =>
      `version: "1.0.0"\nproxy:\n  expose:\n${names.map((name) => `    - { name: ${name}, executor: { kind: noop } }\n`).join("")}`;
    await compile(config(["a", "b", "c"]), cache);
    expect(cache.size).toBe(3);
    await compile(config(["a", "a"]), cache);
    expect(cache.size).toBe(3);
    await compile(config(["c"]), cache);
    expect(cache.size).toBe(1);
  });
});
