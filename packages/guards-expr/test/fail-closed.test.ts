import { ANONYMOUS } from "@mcp-flowgate/core";
import type { Evidence, GuardIr, Json } from "@mcp-flowgate/core";
import { compileExpr, compileGuard, compilePathTemplate, compileTemplate } from "@mcp-flowgate/guards-expr";
import type { GuardScope, Scope, Truth, Verdict } from "@mcp-flowgate/guards-expr";
import { describe, expect, test } from "vitest";
import { readScope } from "./corpus.ts";

function scopeOf(context: Json, more: Partial<Scope> = {}): Scope {
  return { ...readScope(), context, ...more };
}

function truth(expr: string, scope: Scope): Truth {
  const compiled = compileExpr(expr);
  if (!compiled.ok) throw new Error(compiled.error[0]?.message);
  return compiled.value.test(scope);
}

function verdict(guard: GuardIr, more: Partial<GuardScope> = {}): Verdict {
  const compiled = compileGuard(guard);
  if (!compiled.ok) throw new Error(compiled.error[0]?.message);
  const scope: GuardScope = {
    values: readScope(),
    evidence: [],
    performers: () => [],
    rate: () => 0,
    definitionId: "d",
    now: 0,
    ...more,
  };
  return compiled.value.evaluate(scope).verdict;
}

function resolve(template: Json, scope: Scope): Json {
  const compiled = compileTemplate(template);
  return compiled.ok ? (compiled.value.resolve(scope) as unknown as Json) : "does not compile";
}

describe("guards", () => {
  test("a role guard refuses an anonymous caller, whatever else passes", () => {
    const values = { ...readScope(), principal: ANONYMOUS };
    expect(
      verdict(
        {
          kind: "allOf",
          guards: [
            { kind: "expr", expr: "$.context.yes" },
            { kind: "role", role: "admin" },
          ],
        },
        { values },
      ),
    ).toBe("fail");
  });

  test("a guard on arguments is unknown where no call has brought any, and does not pass under not", () => {
    const { arguments: _, ...values } = readScope();
    const guard: GuardIr = { kind: "expr", expr: "$.arguments.score > 90" };
    expect([verdict(guard, { values }), verdict({ kind: "not", guard }, { values })]).toEqual([
      "unknown",
      "unknown",
    ]);
  });

  test("an unknown kind or a malformed expression does not compile, also under not", () => {
    const kinds = [
      { kind: "owner" },
      { kind: "expr", expr: "$.context.x = 1" },
      { kind: "expr", expr: "" },
    ] as unknown as readonly GuardIr[];
    for (const guard of kinds) {
      expect(compileGuard(guard).ok).toBe(false);
      expect(compileGuard({ kind: "not", guard }).ok).toBe(false);
    }
  });

  test("a guard without its parts does not compile and does not throw: misspelt keys are never an empty condition", () => {
    const misspelt = [
      { kind: "allOf", guard: [] },
      { kind: "anyOf" },
      { kind: "not" },
      { kind: "evidence", require: ["tests_passed"] },
      { kind: "evidence", requires: [null] },
      { kind: "expr" },
      { kind: "permission" },
      { kind: "role", roles: ["a"] },
      { kind: "separation" },
      { kind: "rateLimit", maximum: 1 },
      { kind: "schedule", days: "mon", timezone: "UTC" },
      { kind: "schedule", hours: 9, timezone: "UTC" },
      {},
      null,
      "role",
    ] as unknown as readonly GuardIr[];
    expect(misspelt.map((guard) => compileGuard(guard).ok)).toEqual(misspelt.map(() => false));
  });

  test("a quorum counts distinct operations or people, and only what succeeded", () => {
    const row = (id: string, operationId: string, actor: string, outcome: Evidence["outcome"]): Evidence => ({
      id,
      workflowId: "w",
      operationId,
      ordinal: 0,
      version: 1,
      kind: "approval",
      actor,
      outcome,
      summary: "",
      at: 0,
    });
    const evidence = [
      row("1", "o1", "bob", "success"),
      row("2", "o1", "bob", "success"),
      row("3", "o2", "bob", "success"),
      row("4", "o3", "eve", "failure"),
    ];
    const quorum = (count: number, distinct?: "actor"): GuardIr => ({
      kind: "evidence",
      requires: [{ kind: "approval", count, ...(distinct === undefined ? {} : { distinct }) }],
    });
    expect(verdict(quorum(2), { evidence })).toBe("pass");
    expect(verdict(quorum(3), { evidence })).toBe("fail");
    expect(verdict(quorum(2, "actor"), { evidence })).toBe("fail");
  });

  test("a port that throws leaves the guard unknown", () => {
    const broken = (): never => {
      throw new Error("the store is away");
    };
    expect(verdict({ kind: "separation", from: ["submit"] }, { performers: broken })).toBe("unknown");
    expect(verdict({ kind: "rateLimit", max: 1, perMs: 1000, key: "global" }, { rate: broken })).toBe(
      "unknown",
    );
    expect(
      verdict(
        { kind: "not", guard: { kind: "rateLimit", max: 1, perMs: 1000, key: "global" } },
        { rate: broken },
      ),
    ).toBe("unknown");
    expect(
      verdict({ kind: "rateLimit", max: 1, perMs: 1000, key: "global" }, { rate: () => Number.NaN }),
    ).toBe("unknown");
    expect(
      verdict(
        {
          kind: "anyOf",
          guards: [
            { kind: "separation", from: ["x"] },
            { kind: "role", role: "manager" },
          ],
        },
        { performers: broken },
      ),
    ).toBe("pass");
  });
});

describe("expressions", () => {
  test("an operator's name inside a key or a string is not an operator (F40)", () => {
    expect(truth("$.context.contains_pii == false", scopeOf({ contains_pii: true }))).toBe(false);
    expect(truth("$.context.contains_pii == false", scopeOf({ contains_pii: false }))).toBe(true);
    expect(truth('$.context.s == "a contains b <= c"', scopeOf({ s: "a contains b <= c" }))).toBe(true);
  });

  test("two missing values are not equal and one does not start with the other", () => {
    const scope = scopeOf({});
    for (const expr of [
      "$.context.x == $.context.y",
      "$.context.x != $.context.y",
      "$.context.x starts_with $.context.y",
      "$.context.x <= $.context.y",
    ]) {
      expect([truth(expr, scope), truth(`!(${expr})`, scope)]).toEqual(["unknown", "unknown"]);
    }
  });

  test("keys outside ASCII, escapes and whole scopes resolve (F44)", () => {
    const scope = scopeOf({ größe: 1, "a\tb": 2, ключ: { 鍵: 3 } });
    expect(truth('$.context.größe + $.context["a\\tb"] + $.context.ключ.鍵 == 6', scope)).toBe(true);
    expect(truth("size($.context) == 3", scope)).toBe(true);
  });

  test("integers beyond 2^53 - 1 are not taken for each other", () => {
    const scope = scopeOf(JSON.parse('{ "id": 9007199254740993, "other": 9007199254740992 }') as Json);
    expect(truth("$.context.id == $.context.other", scope)).toBe("unknown");
    expect(compileExpr("$.context.id == 9007199254740993").ok).toBe(false);
    expect(resolve({ add: ["$.context.id", 1] }, scope)).toMatchObject({ ok: false });
  });

  test("data that is not JSON makes the result unknown and never throws", () => {
    const hostile = {
      get boom(): never {
        throw new Error("boom");
      },
    } as unknown as Json;
    expect([
      truth("$.context.boom == 1", scopeOf(hostile)),
      truth("!($.context.boom == 1)", scopeOf(hostile)),
    ]).toEqual(["unknown", "unknown"]);
    const compiled = compileExpr("$.context.boom == 1");
    expect(compiled.ok && compiled.value.evaluate(scopeOf(hostile)).reason).toBe("the evaluation failed");
    expect(
      truth(
        "$.context.f == 1 || $.context.u != null",
        scopeOf({ f: () => 1, u: undefined } as unknown as Json),
      ),
    ).not.toBe(true);
    expect(resolve("{{ $.context.boom }}", scopeOf(hostile))).toMatchObject({ ok: false });
    expect(truth("$.context.x > 1", undefined as unknown as Scope)).toBe("unknown");
  });
});

describe("templates", () => {
  test("one value that is not a string does not drop the others", () => {
    expect(
      resolve(
        { n: 5, flag: true, who: "$.context.who", list: [1, "$.context.who"] },
        scopeOf({ who: "ada" }),
      ),
    ).toEqual({
      ok: true,
      value: { n: 5, flag: true, who: "ada", list: [1, "ada"] },
    });
  });

  test("a path without a value is an error and never its own text", () => {
    for (const template of [
      "$.context.x",
      "a {{ $.context.x }}",
      { concat: ["$.context.x"] },
      { set: "$.context.x" },
      { deep: [{ er: "$.context.x" }] },
    ]) {
      const resolved = resolve(template, scopeOf({}));
      expect(resolved).toMatchObject({ ok: false });
      expect(resolved).not.toHaveProperty("value");
    }
  });

  test("a misspelt scope does not compile", () => {
    expect(resolve("$.contxt.x", scopeOf({ x: 1 }))).toBe("does not compile");
  });

  test("values that look like templates stay as they are", () => {
    const planted = "{{ $.context.secret }} $.context.secret ${SECRET}";
    const scope = scopeOf({ planted, secret: "s3cr3t", object: { set: "$.context.secret" } });
    expect(
      resolve(
        [
          "$.context.planted",
          "<{{ $.context.planted }}>",
          { concat: ["$.context.planted"] },
          "$.context.object",
        ],
        scope,
      ),
    ).toEqual({
      ok: true,
      value: [planted, `<${planted}>`, planted, { set: "$.context.secret" }],
    });
  });
});

describe("path templates", () => {
  const path = (template: string, owner: Json, more: Partial<Scope> = {}): Json => {
    const compiled = compilePathTemplate(template);
    return compiled.ok
      ? (compiled.value.resolve(scopeOf({ owner }, { arguments: {}, ...more })) as unknown as Json)
      : "does not compile";
  };

  test("a value cannot leave its segment", () => {
    expect(path("/repos/{owner}/issues", "../../admin/users?x=")).toEqual({
      ok: true,
      value: "/repos/..%2F..%2Fadmin%2Fusers%3Fx%3D/issues",
    });
    expect(path("/{owner}", "a#b;c@d\\e\r\n\u0000")).toEqual({
      ok: true,
      value: "/a%23b%3Bc%40d%5Ce%0D%0A%00",
    });
    expect(path("/{owner}", "!'()*~")).toEqual({ ok: true, value: "/%21%27%28%29%2A~" });
    for (const dots of [".", "..", "%2e", "%2E%2e", ".%2e", "%252e%252E", ""])
      expect(path("/a/{owner}/b", dots)).toMatchObject({ ok: false });
    expect(path("/a/.{owner}/b", ".")).toMatchObject({ ok: false });
    expect(path("/a/{owner}{owner}", ".")).toMatchObject({ ok: false });
    expect(path("/a/{owner}...", "x")).toMatchObject({ ok: true });
  });

  test("a named place cannot be shadowed by the caller's arguments", () => {
    const more = { arguments: { owner: "evil" } };
    expect(path("/{owner}", "ada", more)).toEqual({ ok: true, value: "/evil" });
    expect(path("/{$.context.owner}", "ada", more)).toEqual({ ok: true, value: "/ada" });
  });

  test("a missing value is an error, not an empty segment", () => {
    expect(path("/a/{nobody}/b", "x")).toMatchObject({ ok: false, error: [{ path: "nobody" }] });
  });
});
