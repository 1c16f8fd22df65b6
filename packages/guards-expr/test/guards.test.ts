import type { GuardIr } from "@mcp-flowgate/core";
import {
  compileExpr,
  compileGuard,
  describeGuard,
  formatExprError,
  grants,
  guardRates,
  renderGuardResult,
} from "@mcp-flowgate/guards-expr";
import type { GuardScope } from "@mcp-flowgate/guards-expr";
import { describe, expect, test } from "vitest";
import { readScope } from "./corpus.ts";

const SCOPE: GuardScope = {
  values: readScope(),
  evidence: [],
  performers: () => [],
  rate: () => 0,
  definitionId: "deploy",
  now: Date.UTC(2026, 2, 4, 12),
};

const GUARD: GuardIr = {
  kind: "allOf",
  guards: [
    {
      kind: "anyOf",
      guards: [
        { kind: "role", role: "manager" },
        { kind: "permission", permission: "deploy.prod" },
      ],
    },
    { kind: "not", guard: { kind: "expr", expr: "$.context.flagged   == true" } },
    { kind: "expr", expr: "$.context.score <= 80" },
    {
      kind: "evidence",
      requires: [
        { kind: "tests_passed", count: 1 },
        { kind: "approval", count: 2, distinct: "actor" },
        { kind: "scan", count: 3 },
      ],
    },
    { kind: "separation", from: ["submit", "edit"] },
    { kind: "rateLimit", max: 5, perMs: 3_600_000, key: "principal" },
    { kind: "schedule", days: ["mon", "wed"], hours: "09:00-17:00", timezone: "Europe/Berlin" },
  ],
};

describe("a guard in words", () => {
  test("is one line", () => {
    expect(describeGuard(GUARD)).toBe(
      '(role "manager" or permission "deploy.prod") and not ($.context.flagged == true) and ($.context.score <= 80)' +
        " and evidence of tests_passed and approval by 2 different people and 3 × scan and someone other than who did submit or edit" +
        " and at most 5 in 1 hour per caller and on mon, wed from 09:00 to 17:00 (Europe/Berlin)",
    );
  });

  test.each<readonly [GuardIr, string]>([
    [
      { kind: "evidence", requires: [{ kind: "approval", count: 1, distinct: "actor" }] },
      "evidence of approval by 1 person",
    ],
    [{ kind: "rateLimit", max: 1, perMs: 172_800_000, key: "global" }, "at most 1 in 2 days in all"],
    [
      { kind: "rateLimit", max: 1, perMs: 1500, key: "definition" },
      "at most 1 in 1500 milliseconds per definition",
    ],
    [
      { kind: "rateLimit", max: 1, perMs: 30_000, key: "definition" },
      "at most 1 in 30 seconds per definition",
    ],
    [{ kind: "schedule", hours: "22:00-06:00", timezone: "UTC" }, "every day from 22:00 to 06:00 (UTC)"],
    [{ kind: "schedule", days: ["sun"], timezone: "UTC" }, "on sun (UTC)"],
    [{ kind: "allOf", guards: [{ kind: "allOf", guards: [{ kind: "role", role: "a" }] }] }, 'role "a"'],
  ])("%j", (guard, line) => {
    expect(describeGuard(guard)).toBe(line);
  });
});

describe("a result", () => {
  test("is a tree of reasons with what was read", () => {
    const compiled = compileGuard(GUARD);
    const result = compiled.ok ? compiled.value.evaluate(SCOPE) : undefined;
    expect(result === undefined ? "" : renderGuardResult(result)).toBe(
      [
        "✗ 4 of 7 hold, all are needed",
        "  ✓ 1 of 2 hold, one is needed",
        '    ✓ the caller has the role "manager"',
        '    ✗ the caller lacks the permission "deploy.prod"',
        "  ? it cannot be told whether the guard below holds",
        "    ? $.context.flagged == true is unknown: $.context.flagged is missing",
        "  ✗ $.context.score <= 80 is false: $.context.score is 91",
        "  ✗ evidence of tests_passed: 0 of 1, approval by 2 different people: 0 of 2, 3 × scan: 0 of 3",
        "  ✓ the caller did none of submit, edit",
        "  ✓ 0 of 5 used in the last 1 hour",
        "  ✓ it is wed 13:00 in Europe/Berlin, inside the schedule",
      ].join("\n"),
    );
    expect(result?.children[2]?.reads).toEqual([{ path: "$.context.score", value: 91 }]);
  });

  test.each<readonly [string, string]>([
    ["$.context.name == 1", '$.context.name is "Ada Lovelace"'],
    ["$.context.items == 1", "$.context.items is a list of 2"],
    ["$.context.one_list == 1", "$.context.one_list is a list of 1"],
    ["$.context.a == 1", "$.context.a is an object of 1 member"],
    ["$.context.obj == 1", "$.context.obj is an object of 2 members"],
    ["$.context.nil == 1", "$.context.nil is null"],
    ["exists($.context.gone)", "$.context.gone is missing"],
  ])("shows what %s read", (expr, says) => {
    const compiled = compileGuard({ kind: "expr", expr });
    expect(compiled.ok && compiled.value.evaluate(SCOPE).text).toBe(`${expr} is false: ${says}`);
  });

  test("shows the beginning of a long text only", () => {
    const compiled = compileGuard({ kind: "expr", expr: "$.context.s == 1" });
    const values = { ...readScope(), context: { s: "x".repeat(1000) } };
    expect(compiled.ok && compiled.value.evaluate({ ...SCOPE, values }).text.length).toBeLessThan(120);
  });

  test("of an expression that does not compile carries its position", () => {
    const compiled = compileGuard({ kind: "not", guard: { kind: "expr", expr: "$.context.a = 1" } });
    expect(compiled.ok ? [] : compiled.error).toMatchObject([
      { code: "FG508", pointer: "/guard/expr", at: { offset: 12, line: 1, column: 13 } },
    ]);
  });
});

describe("rates", () => {
  const values = readScope();
  const rate = (key: "principal" | "definition" | "global", max = 5): GuardIr => ({
    kind: "rateLimit",
    max,
    perMs: 1000,
    key,
  });

  test("are collected from anywhere in the tree, each once", () => {
    const guard: GuardIr = {
      kind: "allOf",
      guards: [
        rate("global"),
        { kind: "not", guard: rate("definition") },
        { kind: "anyOf", guards: [rate("global"), { kind: "role", role: "a" }] },
      ],
    };
    expect(guardRates(guard, { values, definitionId: "d" })).toEqual([
      { key: '["global",5,1000]', max: 5, perMs: 1000 },
      { key: '["definition",5,1000,"d"]', max: 5, perMs: 1000 },
    ]);
  });

  test("are told apart by caller, tenant, definition and limit", () => {
    const keyOf = (
      guard: GuardIr,
      subject: string,
      tenant: string,
      definitionId: string,
    ): string | undefined =>
      guardRates(guard, {
        values: { ...values, principal: { ...values.principal, subject, tenant } },
        definitionId,
      })[0]?.key;
    const keys = [
      keyOf(rate("principal"), "ada", "t", "d"),
      keyOf(rate("principal"), "bob", "t", "d"),
      keyOf(rate("principal"), "ada", "u", "d"),
      keyOf(rate("principal"), "ada", "t", "e"),
      keyOf(rate("principal", 6), "ada", "t", "d"),
      keyOf(rate("definition"), "ada", "t", "d"),
      keyOf(rate("definition"), "ada", "t", "e"),
      keyOf(rate("global"), "ada", "t", "d"),
      keyOf(rate("principal"), 'ada","t', "", "d"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf(rate("global"), "ada", "t", "d")).toBe(keyOf(rate("global"), "bob", "u", "e"));
    expect(keyOf(rate("definition"), "ada", "t", "d")).toBe(keyOf(rate("definition"), "bob", "u", "d"));
  });

  test("are asked for under the key and the time that a claim counts", () => {
    const asked: unknown[] = [];
    const compiled = compileGuard(rate("principal"));
    const scope: GuardScope = {
      ...SCOPE,
      rate: (key, perMs) => {
        asked.push({ key, max: 5, perMs });
        return 0;
      },
    };
    expect(compiled.ok && compiled.value.evaluate(scope).verdict).toBe("pass");
    expect(asked).toEqual(guardRates(rate("principal"), SCOPE));
  });
});

test("grants cover by name, and by a trailing star", () => {
  expect(grants([], "a")).toBe(false);
  expect(grants(["a"], "a")).toBe(true);
  expect(grants(["a.b"], "a")).toBe(false);
  expect(grants(["x", "*"], "anything.at.all")).toBe(true);
  expect(grants(["pay.*"], "pay.run")).toBe(true);
  expect(grants(["pay.*"], "pay")).toBe(false);
  expect(grants(["pay*"], "payroll")).toBe(true);
  expect(grants(["*.run"], "pay.run")).toBe(false);
  expect(grants(["p*y.run"], "pay.run")).toBe(false);
});

describe("an error of an expression", () => {
  const format = (source: string): string => {
    const compiled = compileExpr(source);
    return compiled.ok ? "" : compiled.error.map((error) => formatExprError(source, error)).join("\n");
  };

  test("is shown with its line and a marker", () => {
    expect(format("$.context.x >=")).toBe(
      "FG501 expected a value after `>=` at 1:15\n  $.context.x >=\n                ^",
    );
  });

  test("on a later line shows that line", () => {
    expect(format("true &&\r\n  $.foo.x == 1")).toBe(
      "FG504 unknown scope `$.foo`; the scopes are `$.arguments`, `$.context`, `$.workflow`, `$.principal`, `$.output` at 2:5\n    $.foo.x == 1\n      ^^^",
    );
  });

  test("in a long line shows its surroundings", () => {
    const source = `${"true && ".repeat(40)}bogus${" && true".repeat(40)}`;
    const [, line = "", marker = ""] = format(source).split("\n");
    expect(line.length).toBeLessThan(130);
    expect(line.slice(marker.indexOf("^"), marker.lastIndexOf("^") + 1)).toBe("bogus");
  });

  test("is one of at most twenty", () => {
    const compiled = compileExpr("foo ".repeat(100));
    expect(compiled.ok ? 0 : compiled.error.length).toBe(20);
  });
});

describe("limits of an expression", () => {
  const codes = (source: string): readonly string[] => {
    const compiled = compileExpr(source);
    return compiled.ok ? [] : compiled.error.map(({ code }) => code);
  };

  test("on length, depth and size are exact and say so", () => {
    expect(codes(`true${" ".repeat(4092)}`)).toEqual([]);
    expect(codes(`true${" ".repeat(4093)}`)).toEqual(["FG506"]);
    expect(codes(`${"(".repeat(64)}true${")".repeat(64)}`)).toEqual([]);
    expect(codes(`${"(".repeat(65)}true${")".repeat(65)}`)).toEqual(["FG506"]);
    expect(codes(`${"!".repeat(64)}true`)).toEqual([]);
    expect(codes(`${"!".repeat(65)}true`)).toEqual(["FG506"]);
    expect(codes(`[${"[".repeat(64)}${"]".repeat(64)}]`)).toEqual(["FG506"]);
    expect(codes(`1${"+1".repeat(499)} == 1`)).toEqual(["FG506"]);
    expect(codes(`1${"+1".repeat(498)} == 1`)).toEqual([]);
  });

  test("can be given", () => {
    expect(compileExpr("1 + 1 == 2", { maxNodes: 4 }).ok).toBe(false);
    expect(compileExpr("1 + 1 == 2", { maxNodes: 5 }).ok).toBe(true);
    expect(compileExpr("((true))", { maxDepth: 1 }).ok).toBe(false);
    expect(compileExpr('"a" matches "aaa"', { maxPatternLength: 2 }).ok).toBe(false);
    expect(compileExpr('"a" matches "a{50}"', { maxPatternSize: 20 }).ok).toBe(false);
  });

  test("cannot be raised beyond what a tree can be walked", () => {
    const limits = { maxLength: 1e7, maxDepth: 1e6, maxNodes: 1e6 };
    expect(compileExpr(`${"(".repeat(257)}true${")".repeat(257)}`, limits).ok).toBe(false);
    expect(compileExpr(`${"(".repeat(256)}true${")".repeat(256)}`, limits).ok).toBe(true);
    expect(compileExpr(`1${"+1".repeat(1_000_000)} == 1`, limits).ok).toBe(false);
    const most = compileExpr(`true${" && true".repeat(999)}`, limits);
    expect(most.ok && most.value.test(readScope())).toBe(true);
  });

  test("hold for what is hostile", () => {
    for (const source of [
      "(".repeat(4000),
      "[".repeat(4000),
      "!".repeat(4000),
      "-".repeat(4000),
      "size(".repeat(800),
      "$.a".repeat(1000),
      '"'.repeat(4000),
      "1,".repeat(2000),
    ]) {
      expect(compileExpr(source).ok).toBe(false);
    }
  });

  test("the tree is frozen", () => {
    const compiled = compileExpr("[1, $.context.a] == min(1, 2)");
    expect(compiled.ok && Object.isFrozen(compiled.value.ast)).toBe(true);
    expect(() => {
      if (compiled.ok) Object.assign(compiled.value.ast, { kind: "literal" });
    }).toThrow(TypeError);
  });
});
