import type { Json, JsonObject } from "@mcp-flowgate/core";
import { checkExpr, compileExpr } from "@mcp-flowgate/guards-expr";
import { describe, expect, test } from "vitest";

const codes = (expr: string, context: JsonObject): readonly string[] =>
  checkExpr(expr, { context }).map(({ code }) => code);

describe("checking", () => {
  test("takes a compiled expression and gives the same findings with lines and columns", () => {
    const source = "true &&\n  $.context.x == 1";
    const compiled = compileExpr(source);
    const environment = { context: { type: "object", additionalProperties: false } };
    const findings = compiled.ok ? checkExpr(compiled.value, environment) : [];
    expect(findings).toEqual(checkExpr(source, environment));
    expect(findings.map(({ code, line, column }) => ({ code, line, column }))).toEqual([
      { code: "FG522", line: 1, column: 1 },
      { code: "FG520", line: 2, column: 3 },
    ]);
  });

  test("without an environment reports only what the text itself shows", () => {
    expect(checkExpr("$.context.anything == $.output.x")).toEqual([]);
    expect(checkExpr("lower(5) == 1 || $.context.x").map(({ code }) => code)).toContain("FG523");
  });

  test("follows tuples of draft-07, patterns of names and boolean schemas", () => {
    const properties = {
      pair: {
        type: "array",
        items: [{ type: "string" }, { type: "number" }],
        additionalItems: false,
        minItems: 2,
      },
      named: { type: "object", patternProperties: { "^x": { type: "number" } }, additionalProperties: false },
      never: false,
      short: { type: "array", maxItems: 1, minItems: 1, items: { type: "number" } },
      slashed: { $ref: "#/$defs/a~1b" },
      gone: { $ref: "#/$defs/nowhere" },
      elsewhere: { $ref: "https://example.com/other.json" },
    };
    const context = {
      type: "object",
      required: Object.keys(properties),
      properties,
      $defs: { "a/b": { const: 1 } },
    } as unknown as JsonObject;
    expect(codes("$.context.pair[1] == 1", context)).toEqual([]);
    expect(codes("$.context.pair[0] == 1", context)).toEqual(["FG521"]);
    expect(codes("$.context.pair[2] == 1", context)).toEqual(["FG520"]);
    expect(codes("$.context.named.xyz == 1", context)).toEqual([]);
    expect(codes("$.context.never == 1", context)).toEqual(["FG520"]);
    expect(codes("$.context.short[1] == 1", context)).toEqual(["FG520"]);
    expect(codes("$.context.short[0] == 1", context)).toEqual([]);
    expect(codes("$.context.slashed == 2", context)).toEqual(["FG521"]);
    expect(codes("$.context.gone == 2", context)).toEqual([]);
    expect(codes("$.context.elsewhere == 2", context)).toEqual([]);
  });

  test("ends for schemas that refer to themselves, in every way, and for huge ones", () => {
    const knot: JsonObject = { $ref: "#" };
    const tangle: JsonObject = {
      anyOf: Array.from({ length: 20 }, (): Json => ({ $ref: "#" })),
      allOf: [{ $ref: "#" }, { $ref: "#" }],
    };
    const values = Array.from({ length: 200_000 }, (_, index) => index);
    const huge: JsonObject = {
      type: "object",
      required: ["n", "m"],
      properties: { n: { enum: values }, m: { enum: values } },
    };
    expect(codes("$.context.a.b.c == 1", knot)).toEqual([]);
    expect(codes("$.context.a.b.c == 1", tangle)).toEqual([]);
    expect(codes("$.context.n == $.context.m && $.context.n < $.context.m", huge)).toEqual([]);
    expect(codes("$.context.n > 200000", huge)).toEqual(["FG521"]);
  });

  test("does not throw for schemas that are none", () => {
    const odd = {
      type: 5,
      properties: [],
      required: "x",
      enum: {},
      anyOf: {},
      allOf: [null, 1],
      items: 3,
      $ref: 7,
      minimum: "a",
    } as unknown as JsonObject;
    expect(codes("$.context.a[0].b == 1", odd)).toEqual([]);
  });
});
