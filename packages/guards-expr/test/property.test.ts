import { compileExpr, compileTemplate } from "@mcp-flowgate/guards-expr";
import type { Scope, Truth } from "@mcp-flowgate/guards-expr";
import type { Json } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readScope, showTree } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";
import { reference } from "./reference.ts";

const PATHS = [
  "$.context.a",
  "$.context.b",
  "$.context.c[0]",
  "$.context.c[1].d",
  "$.arguments.a",
  "$.context.absent",
  "$.context",
];
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 80, "", "a", "prod", "A"),
  fc.integer({ min: -1000, max: 1000 }),
  fc.string({ maxLength: 4 }),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.constantFrom(2 ** 53, 2 ** 53 + 2, 1e300, Number.POSITIVE_INFINITY),
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "d", "__proto__", "0"), scalar, { maxKeys: 3 }),
);
const scopes: fc.Arbitrary<Scope> = fc
  .record({ a: value, b: value, c: fc.tuple(value, fc.record({ d: value })), arg: value })
  .map(({ arg, ...context }) => ({ ...readScope(), context, arguments: { a: arg } }));

/** A tree as text, with parentheses around everything, and as the tree that it must be parsed to. */
interface Written {
  readonly text: string;
  readonly tree: string;
}

const literals: fc.Arbitrary<Written> = scalar.map((literal) => {
  const text = JSON.stringify(literal);
  return { text, tree: text };
});
const paths: fc.Arbitrary<Written> = fc.constantFrom(...PATHS).map((text) => ({ text, tree: text }));
const BINARY = [
  "&&",
  "||",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "contains",
  "starts_with",
  "ends_with",
  "+",
  "-",
  "*",
  "/",
  "%",
];

const { expressions } = fc.letrec<{ expressions: Written }>((tie) => ({
  expressions: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    paths,
    literals,
    fc
      .record({ operator: fc.constantFrom(...BINARY), left: tie("expressions"), right: tie("expressions") })
      .map(({ operator, left, right }) => ({
        text: `(${left.text} ${operator} ${right.text})`,
        tree: `(${operator} ${left.tree} ${right.tree})`,
      })),
    tie("expressions").map(({ text, tree }) => ({ text: `!(${text})`, tree: `(! ${tree})` })),
    fc
      .record({
        name: fc.constantFrom("size", "lower", "upper", "abs", "min", "max", "date"),
        arg: tie("expressions"),
      })
      .map(({ name, arg }) => ({
        text: `${name}(${arg.text})`,
        tree: `(${name} ${arg.tree})`,
      })),
    fc.record({ path: paths, otherwise: tie("expressions") }).map(({ path, otherwise }) => ({
      text: `default(${path.text}, ${otherwise.text})`,
      tree: `(default ${path.tree} ${otherwise.tree})`,
    })),
    paths.map(({ text, tree }) => ({ text: `exists(${text})`, tree: `(exists ${tree})` })),
    fc.array(tie("expressions"), { maxLength: 3 }).map((items) => ({
      text: `[${items.map(({ text }) => text).join(", ")}]`,
      tree: `[${items.map(({ tree }) => tree).join(" ")}]`,
    })),
  ),
}));

function truthOf(text: string, scope: Scope): Truth {
  const compiled = compileExpr(text);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error[0]?.message}`);
  return compiled.value.test(scope);
}

describe("for every expression", () => {
  test("what is written is what is parsed", () => {
    fc.assert(
      fc.property(expressions, ({ text, tree }) => {
        const compiled = compileExpr(text);
        expect(compiled.ok ? showTree(compiled.value.ast) : compiled.error).toBe(tree);
      }),
      { numRuns: 1500 },
    );
  });

  test("evaluation gives what the reference evaluator gives (F44)", () => {
    fc.assert(
      fc.property(expressions, scopes, ({ text }, scope) => {
        const compiled = compileExpr(text);
        if (!compiled.ok) throw new Error(compiled.error[0]?.message);
        const expected = reference(compiled.value.ast, scope) as unknown;
        const { value, truth } = compiled.value.evaluate(scope);
        expect(value).toEqual(typeof expected === "symbol" ? undefined : expected);
        expect(truth).toBe(typeof expected === "boolean" ? expected : "unknown");
        expect(compiled.value.test(scope)).toBe(truth);
      }),
      { numRuns: 3000 },
    );
  });

  test("the reads are the paths with the values that the scope has, each once", () => {
    fc.assert(
      fc.property(expressions, scopes, ({ text }, scope) => {
        const compiled = compileExpr(text);
        const { reads } = compiled.ok ? compiled.value.evaluate(scope) : { reads: [] };
        expect(new Set(reads.map(({ path }) => path)).size).toBe(reads.length);
        for (const read of reads) {
          const template = compileTemplate([read.path]);
          const resolved = template.ok ? template.value.resolve(scope) : undefined;
          const unusable = typeof read.value === "number" && Math.abs(read.value) > Number.MAX_SAFE_INTEGER;
          expect(resolved?.ok).toBe(read.value !== undefined && !unusable);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("Kleene's logic, for every pair of conditions", () => {
  const laws: readonly (readonly [string, (a: string, b: string) => readonly [string, string]])[] = [
    ["a conjunction can be turned round", (a, b) => [`${a} && ${b}`, `${b} && ${a}`]],
    ["a disjunction can be turned round", (a, b) => [`${a} || ${b}`, `${b} || ${a}`]],
    ["a negated conjunction is a disjunction of negations", (a, b) => [`!(${a} && ${b})`, `!${a} || !${b}`]],
    ["a negated disjunction is a conjunction of negations", (a, b) => [`!(${a} || ${b})`, `!${a} && !${b}`]],
    ["a condition absorbs what it is joined with", (a, b) => [`${a} && (${a} || ${b})`, `${a} && true`]],
    ["twice negated is not negated", (a) => [`!!${a}`, `${a} && true`]],
  ];
  test.each(laws)("%s", (_, law) => {
    fc.assert(
      fc.property(expressions, expressions, scopes, (a, b, scope) => {
        const [left, right] = law(`(${a.text})`, `(${b.text})`);
        expect(truthOf(left, scope)).toBe(truthOf(right, scope));
      }),
      { numRuns: 300 },
    );
  });

  test("a condition and its negation never both hold", () => {
    fc.assert(
      fc.property(expressions, scopes, ({ text }, scope) => {
        expect(
          [truthOf(`(${text})`, scope), truthOf(`!(${text})`, scope)].filter((truth) => truth === true)
            .length,
        ).toBeLessThan(2);
      }),
      { numRuns: 500 },
    );
  });
});

test("20,000 random inputs throw nothing and allow nothing that the reference does not allow", () => {
  const report = fuzz(20_000, 20_260_301);
  expect(report.inputs).toBe(20_000);
  // Enough of them must mean something for the run to mean anything.
  expect(report.compiled).toBeGreaterThan(4000);
  expect(report.truths.true).toBeGreaterThan(500);
});
