import { compileExpr } from "@mcp-flowgate/guards-expr";
import type { Truth } from "@mcp-flowgate/guards-expr";
import type { Json } from "@mcp-flowgate/core";
import { describe, expect, test } from "vitest";
import { readCases, readScope, showTree } from "./corpus.ts";

const EVALUATED = [
  "equality",
  "ordering",
  "logic",
  "paths",
  "strings",
  "matches",
  "arithmetic",
  "collections",
  "dates",
];

describe.each(EVALUATED)("conformance corpus: %s", (file) => {
  const scope = readScope();
  test.each(readCases<{ expr: string; truth: Truth; value?: Json }>(file))(
    "$expr: $why",
    ({ expr, truth, value }) => {
      const compiled = compileExpr(expr);
      const {
        reason,
        reads: _,
        ...rest
      } = compiled.ok ? compiled.value.evaluate(scope) : { reason: compiled.error[0]?.message };
      const expected = truth === "unknown" ? { truth, value } : { truth, value: truth };
      expect({ ...rest, explained: reason !== undefined }).toEqual({
        ...expected,
        explained: truth === "unknown",
      });
      expect(compiled.ok && compiled.value.test(scope)).toBe(truth);
    },
  );
});

describe("conformance corpus: accept", () => {
  test.each(readCases<{ expr: string; tree: string }>("accept"))("$expr: $why", ({ expr, tree }) => {
    const compiled = compileExpr(expr);
    expect(compiled.ok ? showTree(compiled.value.ast) : compiled.error).toBe(tree);
  });
});

describe("conformance corpus: reject", () => {
  const cases = readCases<{
    expr: string;
    errors: readonly { code: string; position: number; says?: string }[];
  }>("reject");
  test.each(cases)("$expr: $why", ({ expr, errors }) => {
    const compiled = compileExpr(expr);
    const found = compiled.ok ? [] : compiled.error;
    expect(found.map(({ code, offset }) => ({ code, position: offset + 1 }))).toEqual(
      errors.map(({ code, position }) => ({ code, position })),
    );
    for (const [index, { says }] of errors.entries()) expect(found[index]?.message).toContain(says ?? "");
  });
});
