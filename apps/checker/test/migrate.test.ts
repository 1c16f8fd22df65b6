import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { assert, asyncProperty, boolean, constantFrom, infiniteStream, integer, record } from "fast-check";
import { compileConfig, isOlderForm, type Compilation } from "@mcp-flowgate/config-compiler";
import { createNodeDigest, createNodeReader, runMigrate, type MigrateOptions } from "flowgate-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { Document, isCollection, isScalar, visit } from "yaml";

const ROOT = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "flowgate-migrate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let here = folder;
let number = 0;
beforeEach(() => {
  number += 1;
  here = join(folder, String(number));
  mkdirSync(here);
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(options: Partial<MigrateOptions> = {}): Promise<Outcome> {
  let out = "";
  let err = "";
  const code = await runMigrate(
    { files: ["gateway.yaml"], ...options },
    {
      cwd: here,
      env: () => undefined,
      write: (text) => void (out += text),
      writeError: (text) => void (err += text),
    },
  );
  return { code, out, err };
}

/** Rewrites the text, with everything around it that makes a configuration of it. */
async function migrated(text: string, name = "gateway.yaml"): Promise<string> {
  put(name, text);
  const outcome = await run({ files: [name], write: true });
  expect(outcome).toMatchObject({ code: 0 });
  return read(name);
}

function put(name: string, text: string): void {
  writeFileSync(join(here, name), text);
}

function read(name: string): string {
  return readFileSync(join(here, name), "utf8");
}

async function compile(file: string): Promise<Compilation> {
  return compileConfig({
    files: [file],
    reader: createNodeReader(),
    env: () => undefined,
    digest: createNodeDigest(),
  });
}

describe("every accepted configuration of the corpus and the examples", () => {
  const configurations = [
    ...globSync(join(ROOT, "conformance/config/accept/*.yaml")),
    ...globSync(join(ROOT, "conformance/config/accept/*/gateway.yaml")),
    ...globSync(join(ROOT, "conformance/config/reject/FG{206,54?}*.yaml")),
    ...globSync(join(ROOT, "conformance/config/reject/FG206*/gateway.yaml")),
    ...globSync(join(ROOT, "examples/*/gateway.yaml")),
  ];

  it("is compiled to the same plan after migrating, without an older form, and migrating again changes nothing", async () => {
    let rewritten = 0;
    for (const [index, source] of configurations.entries()) {
      const copy = join(here, String(index));
      if (basename(source) === "gateway.yaml")
        cpSync(dirname(source), copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
      else {
        mkdirSync(copy);
        cpSync(source, join(copy, basename(source)));
      }
      const file = join(copy, basename(source));
      const before = await compile(file);
      const text = readFileSync(file, "utf8");
      expect(await run({ files: [file], write: true })).toMatchObject({ code: 0 });
      const after = await compile(file);
      expect(after.diagnostics.filter(({ code }) => isOlderForm(code))).toEqual([]);
      expect(before.plan).toBeDefined();
      expect(after.plan).toEqual(before.plan);
      expect(after.workflowHashes).toEqual(before.workflowHashes);
      const once = readFileSync(file, "utf8");
      expect(once === text).toBe(before.rewrites.length === 0);
      if (once !== text) rewritten += 1;
      expect(await run({ files: [file], write: true })).toMatchObject({ code: 0, out: "" });
      expect(readFileSync(file, "utf8")).toBe(once);
    }
    expect(rewritten).toBeGreaterThan(6);
  });
});

const WORKFLOW = `version: "1.0.0"
workflows:
  w:
    initialState: a
    states:
      a:
        transitions:
          go:
            target: done
`;
const END = "      done: { terminal: true }\n";

describe("what is rewritten", () => {
  it("keeps comments, quotes and layout of everything else", async () => {
    const after = await migrated(`# A gateway.
version: '1.0.0'   # the format

connections:
    payroll:   { "kind" : "rest", baseUrl:   'https://p.example' }   # was rest
    files:
        command:   files-mcp
        kind:  'cli'     # a server
        workingDirectory:   /data  # where
proxy:
    import: [ { connection: files } ]
    expose:
    -   name:   pay
        executor: {kind: rest,connection: payroll}  # tight
`);
    expect(after).toBe(`# A gateway.
version: '1.0.0'   # the format

connections:
    payroll:   { "kind" : "http", baseUrl:   'https://p.example' }   # was rest
    files:
        command:   files-mcp
        kind:  'mcp'     # a server
        cwd:   /data  # where
proxy:
    import: [ { connection: files } ]
    expose:
    -   name:   pay
        executor: {kind: http,connection: payroll}  # tight
`);
  });

  it("turns required evidence into a guard, in the layout that it has", async () => {
    expect(
      await migrated(`${WORKFLOW}            evidence: # before it ships
              # the suite
              requires:
                - tests_passed   # green

                - reviewed
            title: Go
${END}`),
    ).toBe(`${WORKFLOW}            guards: # before it ships
              # the suite
              - kind: evidence
                requires:
                  - tests_passed   # green

                  - reviewed
            title: Go
${END}`);
    expect(await migrated(`${WORKFLOW}            evidence: {requires: [a]} # why\n${END}`)).toBe(
      `${WORKFLOW}            guards: [{ kind: evidence, requires: [a]}] # why\n${END}`,
    );
    expect(
      await migrated(`${WORKFLOW}            evidence: { requires: [a] } # why
            guards:
            - { kind: role, role: x } # who
            # the end
${END}`),
    ).toBe(`${WORKFLOW}            # why
            guards:
            - { kind: role, role: x } # who
            - { kind: evidence, requires: [a] }
            # the end
${END}`);
    expect(
      await migrated(`${WORKFLOW}            guards: [
              { kind: role, role: x },
              { kind: any_of, guards: [{ kind: role, role: y }] }
              ]
            evidence: { requires: [a] }
${END}`),
    ).toBe(`${WORKFLOW}            guards: [
              { kind: role, role: x },
              { kind: anyOf, guards: [{ kind: role, role: y }] },
              { kind: evidence, requires: [a] }
              ]
${END}`);
  });

  it("says where a deadline leads", async () => {
    const failed = "      failed: { terminal: true, outcome: failure }\n";
    expect(await migrated(`${WORKFLOW}${END}${failed}    timeoutMs: 5s # all of it`)).toBe(
      `${WORKFLOW}${END}${failed}    timeoutMs: 5s # all of it\n    onTimeout: { target: failed }`,
    );
    const states = "states: { a: { transitions: { go: { target: failed } } }, failed: { terminal: true } }";
    expect(
      await migrated(`version: "1.0.0"\nworkflows: { w: { timeoutMs: 5s, initialState: a, ${states} } }\n`),
    ).toBe(
      `version: "1.0.0"\nworkflows: { w: { timeoutMs: 5s, onTimeout: { target: failed }, initialState: a, ${states} } }\n`,
    );
  });

  it("takes away what has no meaning any more, and says it in the words that have one", async () => {
    const around = (text: string): string => `version: "1.0.0"\n${text}`;
    expect(
      await migrated(around("discovery:\n  # where\n  index: memory # in here\n  visibility: all\n")),
    ).toBe(around("discovery:\n  # where\n  # in here\n  visibility: all\n"));
    expect(await migrated(around("discovery:\n  index: memory\n  visibility: all\n"))).toBe(
      around("discovery:\n  visibility: all\n"),
    );
    expect(await migrated(around("discovery: { enabled: true, index: memory }\n"))).toBe(
      around("discovery: {}\n"),
    );
    expect(await migrated(around("discovery:\n  enabled: false\n"))).toBe(
      around("discovery:\n  include: []\n"),
    );
    expect(await migrated(around("discovery:\n  enabled: false\n  include:\n  - proxy\n"))).toBe(
      around("discovery:\n  include: []\n"),
    );
    expect(await migrated(around("store: { path: './state/', kind: file }\n"))).toBe(
      around("store: { path: './state/flowgate.sqlite', kind: sqlite }\n"),
    );
  });

  it("modernizes expressions in every kind of text", async () => {
    const guarded = (expr: string): string =>
      `version: "1.0.0"\nproxy:\n  expose:\n    - name: x\n      guards:\n        - kind: expr\n          expr: ${expr}\n`;
    for (const [before, after] of [
      ["$.arguments.a-b == 1", "'$.arguments[\"a-b\"] == 1'"],
      ["$.arguments.x > .5", "$.arguments.x > 0.5"],
      [`"$.arguments.a-b == 'x'"`, `"$.arguments[\\"a-b\\"] == 'x'"`],
      [`'$.arguments.a-b == ''x'''`, `'$.arguments["a-b"] == ''x'''`],
      [`'$.arguments.p == "C:\\data"'`, `'$.arguments.p == "C:\\\\data"'`],
      [
        "|\n            $.arguments.a-b == 1\n            && $.arguments.y > .5",
        '|\n            $.arguments["a-b"] == 1\n            && $.arguments.y > 0.5',
      ],
      [
        ">-\n            $.arguments.a-b == 1\n            && $.arguments.y > .5",
        '>-\n            $.arguments["a-b"] == 1\n            && $.arguments.y > 0.5',
      ],
      [
        '"$.arguments.a-b == 1\n            && $.arguments.y > .5"',
        '"$.arguments[\\"a-b\\"] == 1\n            && $.arguments.y > 0.5"',
      ],
    ] as const)
      expect(await migrated(guarded(before))).toBe(guarded(after));
  });

  it("writes JSON as JSON", async () => {
    const config = {
      version: "1.0.0",
      discovery: { index: "memory" },
      audit: { sink: "stdout" },
      workflows: {
        w: {
          initialState: "a",
          timeoutMs: 5000,
          states: {
            a: { transitions: { go: { target: "failed", evidence: { requires: ["x"] } } } },
            failed: { terminal: true },
          },
        },
      },
    };
    const after = await migrated(JSON.stringify(config, undefined, 2), "gateway.json");
    expect(JSON.parse(after)).toEqual({
      ...config,
      discovery: {},
      audit: { sink: "stderr" },
      workflows: {
        w: {
          ...config.workflows.w,
          onTimeout: { target: "failed" },
          states: {
            a: { transitions: { go: { target: "failed", guards: [{ kind: "evidence", requires: ["x"] }] } } },
            failed: { terminal: true },
          },
        },
      },
    });
    expect(after).toContain('\n      "timeoutMs": 5000,\n      "onTimeout": { "target": "failed" },\n');
  });

  it("keeps a byte order mark and CRLF", async () => {
    const text = `\ufeff${WORKFLOW}            evidence: { requires: [a] }\n            guards:\n              - kind: role\n                role: x\n${END}`;
    const after = await migrated(text.replaceAll("\n", "\r\n"));
    expect(after.startsWith("\ufeffversion")).toBe(true);
    expect(after.replaceAll("\r\n", "").includes("\n")).toBe(false);
    expect(after).toContain("role: x\r\n              - { kind: evidence, requires: [a] }\r\n");
  });

  it("follows includes and overlays", async () => {
    mkdirSync(join(here, "parts"));
    put(
      "gateway.yaml",
      'version: "1.0.0"\ninclude: [parts/*.yaml]\nproxy: { expose: [{ capability: c, as: d }] }\n',
    );
    put("parts/a.yaml", "connections: { api: { kind: rest, baseUrl: https://a.example } }\n");
    put("parts/b.yaml", "capabilities: { c: { executor: { kind: rest, connection: api } } }\n");
    put("prod.yaml", "audit: { sink: stdout }\n");
    expect(await run({ files: ["gateway.yaml", "prod.yaml"], write: true })).toEqual({
      code: 0,
      out: "rewrote parts/a.yaml\nrewrote parts/b.yaml\nrewrote prod.yaml\n",
      err: "3 older forms rewritten\n",
    });
    expect(read("parts/b.yaml")).toBe("capabilities: { c: { executor: { kind: http, connection: api } } }\n");
    expect(read("prod.yaml")).toBe("audit: { sink: stderr }\n");
  });

  it("rewrites a configuration that has errors, and leaves the errors as they are", async () => {
    const text = (kind: string): string =>
      `version: "1.0.0"\nconnections: { api: { kind: ${kind}, baseUrl: "\${UNSET_URL}" } }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: apii } }] }\n`;
    expect(await migrated(text("rest"))).toBe(text("http"));
  });
});

describe("what is left to a person", () => {
  const guards = (connection: string): string =>
    `version: "1.0.0"\nproxy: { expose: [{ name: x, executor: { kind: http, connection: ${connection} } }] }\n`;

  it("is listed with its place and hint, and fails under --check", async () => {
    put(
      "gateway.yaml",
      `${guards("api")}connections: { api: { kind: "\${KIND:-rest}", baseUrl: https://a.example } }\n`,
    );
    const outcome = await run({ check: true });
    expect(outcome).toEqual({
      code: 1,
      out: "",
      err: "gateway.yaml:3:29: FG206: `kind: rest` is an older name. Write `kind: http`.\n1 older form left for you to rewrite\n",
    });
    expect(JSON.parse((await run({ json: true })).out)).toMatchObject({
      version: 1,
      changed: [],
      rewritten: [],
      left: [{ code: "FG206", place: { file: "gateway.yaml", line: 3, column: 29 } }],
    });
  });

  it("is also what would change the meaning of another place, while everything else is rewritten", async () => {
    // `rest` is the same text twice: once the kind of a connection, once a tag.
    const text = `${guards("api")}connections: { api: { kind: &k rest, baseUrl: https://a.example, tags: [*k] } }\naudit: { sink: stdout }\n`;
    put("gateway.yaml", text);
    const outcome = await run({ write: true });
    expect(outcome.code).toBe(0);
    expect(outcome.err).toContain("FG206: `kind: rest` is an older name");
    expect(outcome.err).toContain("1 older form rewritten");
    expect(read("gateway.yaml")).toBe(text.replace("stdout", "stderr"));
  });

  it("is not touched where another file has a say", async () => {
    put("base.yaml", `version: "1.0.0"\ndiscovery: { include: [proxy] }\n`);
    put("prod.yaml", "discovery: { enabled: false }\n");
    const outcome = await run({ files: ["base.yaml", "prod.yaml"], write: true });
    expect(outcome.out).toBe("");
    expect(outcome.err).toContain("prod.yaml:1:14: FG206: `enabled` is an older form");
  });
});

describe("files", () => {
  const OLD = 'version: "1.0.0"\naudit: { sink: stdout }\n';

  it("are only shown as a difference until --write, and --check fails", async () => {
    put("gateway.yaml", OLD);
    expect(await run()).toEqual({
      code: 0,
      out: '--- a/gateway.yaml\n+++ b/gateway.yaml\n@@ -1,2 +1,2 @@\n version: "1.0.0"\n-audit: { sink: stdout }\n+audit: { sink: stderr }\n',
      err: "1 older form can be rewritten with --write\n",
    });
    expect(await run({ check: true })).toMatchObject({ code: 1 });
    expect(await run({ check: true, write: true })).toMatchObject({ code: 1 });
    expect(read("gateway.yaml")).toBe(OLD);
  });

  it("are replaced as a whole, with their mode, through links", async () => {
    put("real.yaml", OLD);
    chmodSync(join(here, "real.yaml"), 0o640);
    symlinkSync("real.yaml", join(here, "gateway.yaml"));
    expect(await run({ write: true })).toMatchObject({ code: 0, out: "rewrote gateway.yaml\n" });
    expect(read("real.yaml")).toBe(OLD.replace("stdout", "stderr"));
    expect(statSync(join(here, "real.yaml")).mode & 0o777).toBe(0o640);
    expect(globSync("*", { cwd: here, withFileTypes: false }).sort()).toEqual(["gateway.yaml", "real.yaml"]);
    expect(globSync(".*", { cwd: here })).toEqual([]);
  });

  it("that cannot be read or parsed are told with their place", async () => {
    expect(await run()).toMatchObject({ code: 1, out: "", err: expect.stringContaining("FG101") });
    put("gateway.yaml", "a: [\n");
    expect(await run()).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("gateway.yaml:2:1: FG102"),
    });
  });

  it("are rewritten by the command of both programs", () => {
    for (const [program, command] of [
      ["apps/checker/bin/flowgate-check.mjs", "migrate"],
      ["apps/gateway/bin/mcp-flowgate.mjs", "migrate-config"],
    ] as const) {
      put("gateway.yaml", OLD);
      const result = spawnSync(process.execPath, [join(ROOT, program), command, "gateway.yaml", "--write"], {
        cwd: here,
        encoding: "utf8",
      });
      expect({ status: result.status, out: result.stdout, err: result.stderr }).toEqual({
        status: 0,
        out: "rewrote gateway.yaml\n",
        err: "1 older form rewritten\n",
      });
      expect(read("gateway.yaml")).toBe(OLD.replace("stdout", "stderr"));
    }
  });
});

describe("whatever the layout", () => {
  const OLDER = {
    version: "1.0.0",
    connections: {
      api: { kind: "rest", baseUrl: "https://a.example" },
      files: { kind: "cli", command: "files-mcp", workingDirectory: "/data" },
    },
    store: { kind: "file", path: "./state/" },
    audit: { sink: "stdout" },
    discovery: { enabled: true, index: "memory" },
    proxy: {
      import: [{ connection: "files" }],
      expose: [
        {
          name: "x",
          executor: { kind: "rest", connection: "api" },
          guards: [
            { kind: "jsonpath", expr: "$.arguments.a-b == 1 && $.arguments.c[d] > .5" },
            { kind: "any_of", guards: [{ kind: "role", role: "r" }] },
          ],
        },
      ],
    },
    workflows: {
      w: {
        initialState: "a",
        timeoutMs: 5000,
        states: {
          a: {
            transitions: {
              go: {
                target: "failed",
                evidence: { requires: ["x", "y"] },
                guards: [{ kind: "role", role: "r" }],
              },
              wait: { evidence: { requires: ["z"] }, target: "failed" },
            },
          },
          failed: { terminal: true },
        },
      },
    },
  };

  it("the meaning stays, no older form is left, and every comment is still there", async () => {
    const layouts = record({
      flow: infiniteStream(integer({ min: 0, max: 9 })),
      quotes: infiniteStream(constantFrom("PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE")),
      comments: infiniteStream(integer({ min: 0, max: 5 })),
      indent: constantFrom(2, 4),
      indentSeq: boolean(),
    });
    await assert(
      asyncProperty(layouts, async ({ flow, quotes, comments, indent, indentSeq }) => {
        const document = new Document(OLDER);
        let remarks = 0;
        visit(document, (key, node) => {
          if (isCollection(node)) node.flow = flow.next().value === 0;
          if (isScalar(node) && typeof node.value === "string") node.type = quotes.next().value;
          if (isScalar(node) && key === "value" && comments.next().value === 0)
            node.comment = ` remark ${String((remarks += 1))}`;
          if (isScalar(node) && key === "key" && comments.next().value === 0)
            node.commentBefore = ` remark ${String((remarks += 1))}`;
        });
        const text = document.toString({ indent, indentSeq, lineWidth: 0 });
        put("gateway.yaml", text);
        const before = await compile(join(here, "gateway.yaml"));
        expect(before.plan).toBeDefined();
        const outcome = await run({ write: true });
        const after = await compile(join(here, "gateway.yaml"));
        expect(after.plan?.hash).toBe(before.plan?.hash);
        // A remark inside of what goes away is a person's to place.
        const left = after.rewrites.filter(
          ({ diagnostic }) => !/evidence|index|enabled/.test(diagnostic.message),
        );
        expect(left).toEqual([]);
        expect(outcome.err.includes("left for you to rewrite")).toBe(after.rewrites.length > 0);
        expect(
          read("gateway.yaml")
            .match(/remark \d+/g)
            ?.toSorted(),
        ).toEqual(text.match(/remark \d+/g)?.toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
