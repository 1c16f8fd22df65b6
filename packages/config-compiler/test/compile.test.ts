import type { ImportIr } from "@mcp-flowgate/core";
import { capabilityFromTool, completeWrapped, hashDefinition } from "@mcp-flowgate/config-compiler";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codes, compileFiles, compileText, digest } from "./memory-reader.ts";

describe("capabilities", () => {
  const chain = `
connections: { gh: { kind: mcp, command: gh } }
capabilities:
  raw:
    title: Raw
    tags: [a]
    inputSchema: { type: object, properties: { title: { type: string } } }
    executor: { kind: mcp, connection: gh, tool: create, idempotencyKey: true }
    guards: [{ kind: role, role: base }]
    reliability: { timeoutMs: 5s, retry: { backoff: exponential, initialDelayMs: 500 } }
  safe:
    wraps: raw
    tags: [b]
    guards: [{ kind: role, role: wrapper }]
    reliability: { retry: { maxAttempts: 3 } }
proxy:
  expose:
    - { capability: safe, as: one, guards: [{ kind: role, role: exposure }], reliability: { timeoutMs: 9s } }
    - { capability: safe, as: two, description: Second }
`;

  it("stack guards base first, and reliability field by field, the more specific on top", async () => {
    const { plan } = await compileText(chain);
    const one = plan?.capabilities["one"];
    expect(one?.guards).toEqual([
      { kind: "role", role: "base" },
      { kind: "role", role: "wrapper" },
      { kind: "role", role: "exposure" },
    ]);
    expect(one?.reliability).toEqual({
      timeoutMs: 9000,
      retry: {
        maxAttempts: 3,
        backoff: "exponential",
        initialDelayMs: 500,
        jitter: true,
        retryOn: ["timeout", "transient_error", "rate_limited", "connection_error"],
      },
    });
    expect(one).toMatchObject({
      title: "Raw",
      tags: ["a", "b"],
      executor: { kind: "mcp", tool: "create", effect: "idempotent" },
    });
  });

  it("that are exposed twice have two entries of their own", async () => {
    const { plan } = await compileText(chain);
    expect(plan?.exposed).toEqual(["one", "two"]);
    expect(plan?.capabilities["two"]).toMatchObject({ id: "two", description: "Second" });
    expect(plan?.capabilities["two"]?.guards).toHaveLength(2);
  });

  it("in a transition bring their guards first and their schema where the transition has none", async () => {
    const { plan } = await compileText(
      `${chain}workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b, guards: [{ kind: role, role: own }], executor: { capability: safe }, reliability: { timeoutMs: 1s } } } }\n      b: { terminal: true }\n`,
    );
    const go = plan?.workflows["w"]?.states["a"]?.transitions["go"];
    expect(go?.guards.map((guard) => (guard.kind === "role" ? guard.role : ""))).toEqual([
      "base",
      "wrapper",
      "own",
    ]);
    expect(go?.inputSchema).toMatchObject({ type: "object" });
    expect(go?.reliability).toMatchObject({ timeoutMs: 1000, retry: { maxAttempts: 3 } });
  });

  it("wrap imported tools by their prefixed name, after the import's guards", async () => {
    const { plan } = await compileText(
      "connections: { gh: { kind: mcp, command: gh } }\ncapabilities: { safe: { wraps: gh.delete_repo, guards: [{ kind: role, role: owner }] } }\nproxy:\n  import: [{ connection: gh, prefix: gh, exclude: [delete_repo], guards: [{ kind: role, role: user }] }]\n  expose: [{ capability: safe }]\nidentity: { kind: jwt, issuer: https://i.example, audience: x }\n",
    );
    expect(plan?.capabilities["safe"]).toMatchObject({
      source: { kind: "declared", wraps: { connection: "gh", tool: "delete_repo" } },
      guards: [{ role: "user" }, { role: "owner" }],
      executor: { kind: "mcp", connection: "gh", tool: "delete_repo", effect: "once", effectDeclared: false },
    });
  });

  it("made of a listed tool keep what the author said and take the rest from the tool", () => {
    const entry: ImportIr = {
      connection: "gh",
      prefix: "gh",
      include: [],
      exclude: [],
      tags: ["t"],
      guards: [],
      reliability: {},
    };
    const tool = {
      name: "get",
      description: "Gets.",
      inputSchema: { type: "object" },
      annotations: { title: "Get it", readOnlyHint: true },
    };
    const imported = capabilityFromTool(entry, tool);
    expect(imported).toMatchObject({
      id: "gh.get",
      title: "Get it",
      tags: ["t"],
      executor: { effect: "read" },
      source: { kind: "imported" },
    });
    const wrapped = {
      ...imported,
      id: "mine",
      title: "Mine",
      source: { kind: "declared", wraps: { connection: "gh", tool: "get" } },
    } as const;
    expect(completeWrapped(wrapped, { ...tool, description: "Other." })).toMatchObject({
      title: "Mine",
      description: "Gets.",
    });
  });
});

describe("short and older forms", () => {
  it("mean what they meant", async () => {
    const { plan, diagnostics } = await compileText(
      "connections: { a: { kind: rest, baseUrl: https://a.example }, b: { transport: stdio, command: b } }\nproxy:\n  expose:\n    - { name: x, executor: { kind: rest, connection: a }, reliability: { retries: { max: 2, backoffMs: 100 } } }\n  import: [{ connection: b }]\n",
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["FG206", "FG206"]);
    expect(plan?.connections["a"]?.kind).toBe("http");
    expect(plan?.connections["b"]).toMatchObject({ kind: "mcp", transport: "stdio" });
    expect(plan?.capabilities["x"]?.reliability.retry).toMatchObject({
      maxAttempts: 3,
      backoff: "exponential",
      initialDelayMs: 100,
    });
  });

  it("of sizes and durations become bytes and milliseconds", async () => {
    const { plan } = await compileText(
      'limits: { argumentsBytes: 128KiB }\nstore: { kind: memory, retention: { terminal: 1.5d } }\nserver: { http: { requestTimeoutMs: 5s, listen: "[::1]:80" } }\n',
    );
    expect(plan?.limits.argumentsBytes).toBe(131_072);
    expect(plan?.store.retention.terminalMs).toBe(129_600_000);
    expect(plan?.server.http).toMatchObject({ requestTimeoutMs: 5000, host: "::1", port: 80 });
  });
});

describe("audit sinks", () => {
  it("pass on what they are told, in milliseconds and with paths resolved", async () => {
    const { plan, diagnostics } = await compileText(
      "audit: { sinks: [{ kind: file, path: a.jsonl, checkpointMs: 2s, heads: out/heads }, { kind: file, path: b.jsonl, heads: false }, { kind: otlp, url: http://c, timeoutMs: 1s, closeMs: 10s, attempts: 5, maxPending: 7, serviceName: pay }, { kind: memory, maxRecords: 3 }] }\n",
    );
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(plan?.audit.sinks.map(({ options }) => options)).toEqual([
      { checkpointMs: 2000, heads: expect.stringMatching(/\/out\/heads$/) },
      { heads: false },
      { timeoutMs: 1000, closeMs: 10_000, attempts: 5, maxPending: 7, serviceName: "pay" },
      { maxRecords: 3 },
    ]);
  });
});

describe("defaults", () => {
  it("make the plan of an empty configuration complete, and frozen", async () => {
    const { plan } = await compileText("");
    expect(plan).toMatchObject({
      store: { kind: "memory", leaseMs: 15_000, retention: { terminalMs: 2_592_000_000 } },
      audit: {
        sinks: [],
        onFailure: "fail_open",
        payloads: "full",
        rotate: { maxBytes: 134_217_728, keep: 30 },
      },
      identity: [{ kind: "anonymous" }],
      server: {
        transport: "stdio",
        toolNames: "dotted",
        http: { host: "127.0.0.1", port: 8787, path: "/mcp" },
      },
      limits: { links: 20, depth: 10, operationMs: 300_000 },
      telemetry: { logs: { level: "info", format: "text" }, metrics: { prometheus: true } },
      discovery: { include: ["proxy", "workflows", "connections"], visibility: "all", learn: false },
    });
    expect(Object.isFrozen(plan?.server.http)).toBe(true);
  });
});

describe("definition hashes", () => {
  const body = (lines: readonly string[]): string =>
    `workflows:\n  w:\n    states:\n      b: { terminal: true }\n      a: { transitions: { go: { target: b } } }\n${lines.join("\n")}\n`;

  it("do not depend on key order, comments, units or the files that it is written in", async () => {
    const first = await compileText(
      body(["    initialState: a", "    timeoutMs: 1h", "    onTimeout: { target: b }"]),
    );
    const second = await compileText(
      body([
        "    # a comment",
        "    onTimeout: { target: b }",
        "    timeoutMs: 3600000",
        '    "initialState": "a"',
      ]),
    );
    const third = await compileFiles({
      "/c/main.yaml":
        'version: "1.0.0"\ninclude: [w.yaml]\nworkflows: { w: { timeoutMs: 60m, initialState: a } }\n',
      "/c/w.yaml":
        "workflows:\n  w:\n    onTimeout: { target: b }\n    states:\n      b: { terminal: true }\n      a: { transitions: { go: { target: b } } }\n",
    });
    const hashes = [first, second, third].map(({ workflowHashes }) => workflowHashes.get("w"));
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(1);
    expect(hashDefinition(first.plan?.workflows["w"] as never, digest)).toBe(hashes[0]);
  });

  it("change with what the definition means", async () => {
    const first = await compileText(body(["    initialState: a"]));
    const second = await compileText(body(["    initialState: b"]));
    expect(first.workflowHashes.get("w")).not.toBe(second.workflowHashes.get("w"));
  });

  it("are the same for any order of keys", async () => {
    const lines = [
      "    initialState: a",
      "    title: T",
      "    tags: [x]",
      "    version: 2.0.0",
      "    maxChainDepth: 5",
    ];
    const { workflowHashes } = await compileText(body(lines));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
        const other = await compileText(body(shuffled));
        expect(other.workflowHashes.get("w")).toBe(workflowHashes.get("w"));
      }),
      { numRuns: 20 },
    );
  });
});

describe("findings", () => {
  it("are all reported, in the order of the text", async () => {
    const compilation = await compileText(
      "conections: {}\nlimits: { links: 0 }\nstore: { kind: sqllite }\nworkflows:\n  w: { initialState: x, states: { a: { transitions: { go: { target: bb } } }, b: { terminal: true } } }\n",
    );
    expect(codes(compilation)).toEqual(["FG201 1:1", "FG204 2:18", "FG204 3:16", "FG407 5:22", "FG401 5:69"]);
    expect(compilation.diagnostics.map(({ hint }) => hint)).toEqual([
      "Did you mean `connections`?",
      undefined,
      "Did you mean `sqlite`?",
      "The states are a, b.",
      "The states are a, b.",
    ]);
    expect(compilation.plan).toBeUndefined();
  });

  it("go on past values of the wrong kind", async () => {
    const compilation = await compileText(
      "proxy: { expose: [{ capability: 5, as: x }, { capability: [], as: y }, 7, { name: {} }], import: [{ connection: {} }] }\ncapabilities: { a: { wraps: {} }, b: [] }\nworkflows: { w: { initialState: [], states: { a: { transitions: [] } } }, v: 3 }\n",
    );
    expect(compilation.plan).toBeUndefined();
    expect(new Set(compilation.diagnostics.map(({ code }) => code))).toEqual(
      new Set(["FG202", "FG203", "FG309"]),
    );
  });

  it.each([
    ["a time without its unit", 'timeoutMs: "5000"'],
    ["a time that is none", "timeoutMs: soon"],
    ["a key of another name", "timeoutMS: 5s"],
    ["a number that is text", 'retry: { maxAttempts: "many" }'],
    ["a class that is none", "retry: { retryOn: [sometimes] }"],
    ["a list", "[]"],
  ])("of reliability leave no policy that is silently empty: %s (F28)", async (_what, written) => {
    const policy = written === "[]" ? written : `{ ${written} }`;
    const { plan, diagnostics } = await compileText(
      `capabilities: { a: { executor: { kind: noop }, reliability: ${policy} } }\n`,
    );
    expect(plan).toBeUndefined();
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ pointer = "" }) => pointer.split("/").slice(0, 4).join("/"))).toContain(
      "/capabilities/a/reliability",
    );
  });
});
