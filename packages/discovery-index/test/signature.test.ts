import { toSignature } from "@mcp-flowgate/discovery-index";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

const object = (properties: object, required: string[] = [], more: object = {}): object => ({
  type: "object",
  properties,
  required,
  ...more,
});

describe("toSignature", () => {
  test.each<[string, unknown, string]>([
    ["no schema", undefined, "()"],
    ["an empty object", object({}), "()"],
    [
      "scalars",
      object({ a: { type: "string" }, b: { type: "integer" }, c: { type: "boolean" } }, ["a", "b", "c"]),
      "(a: string, b: integer, c: boolean)",
    ],
    [
      "optional parameters",
      object(
        {
          repo: { type: "string" },
          state: { enum: ["open", "closed"] },
          labels: { type: "array", items: { type: "string" } },
        },
        ["repo"],
      ),
      '(repo: string, state?: "open" | "closed", labels?: string[])',
    ],
    [
      "required ones first",
      object({ a: { type: "string" }, b: { type: "string" } }, ["b"]),
      "(b: string, a?: string)",
    ],
    [
      "defaults",
      object(
        { n: { type: "integer", default: 10 }, s: { type: "string", default: "x" }, z: { default: null } },
        ["n"],
      ),
      '(n?: integer = 10, s?: string = "x", z?: any)',
    ],
    [
      "constants and mixed enums",
      object({ a: { const: "v1" }, b: { enum: [1, "two", true, null] } }),
      '(a?: "v1", b?: 1 | "two" | true | null)',
    ],
    [
      "long enums",
      object({ a: { enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } }),
      "(a?: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | …)",
    ],
    ["type lists", object({ a: { type: ["string", "null"] } }), "(a?: string | null)"],
    ["nullable", object({ a: { type: "string", nullable: true } }), "(a?: string | null)"],
    [
      "unions",
      object({
        a: { anyOf: [{ type: "string" }, { type: "number" }] },
        b: { oneOf: [{ type: "null" }, { enum: ["x"] }] },
      }),
      '(a?: string | number, b?: null | "x")',
    ],
    [
      "arrays of unions",
      object({ a: { type: "array", items: { type: ["string", "number"] } } }),
      "(a?: (string | number)[])",
    ],
    [
      "arrays of arrays",
      object({ a: { type: "array", items: { type: "array", items: { type: "number" } } } }),
      "(a?: number[][])",
    ],
    ["untyped arrays", object({ a: { type: "array" } }), "(a?: any[])"],
    [
      "tuples",
      object({ a: { type: "array", prefixItems: [{ type: "number" }, { type: "string" }] } }),
      "(a?: [number, string])",
    ],
    [
      "old tuples",
      object({ a: { items: [{ type: "number" }, { type: "string" }] } }),
      "(a?: [number, string])",
    ],
    [
      "nested objects",
      object({ a: object({ b: { type: "string" }, c: { type: "number" } }, ["b"]) }),
      "(a?: { b: string, c?: number })",
    ],
    [
      "objects below depth two",
      object({ a: object({ b: object({ c: object({ d: {} }) }) }) }),
      "(a?: { b?: { c?: object } })",
    ],
    [
      "arrays of objects",
      object({ a: { type: "array", items: object({ b: { type: "string" } }) } }),
      "(a?: { b?: string }[])",
    ],
    [
      "maps",
      object({ a: { type: "object", additionalProperties: { type: "number" } } }),
      "(a?: { [key]: number })",
    ],
    [
      "free objects",
      object({ a: { type: "object" }, b: { type: "object", additionalProperties: true } }),
      "(a?: object, b?: object)",
    ],
    [
      "untyped properties",
      object({ a: {}, b: true, c: { description: "?" } }),
      "(a?: any, b?: any, c?: any)",
    ],
    [
      "allOf at the root",
      {
        allOf: [object({ a: { type: "string" } }, ["a"]), { $ref: "#/$defs/b" }],
        $defs: { b: object({ b: { type: "number" } }) },
      },
      "(a: string, b?: number)",
    ],
    [
      "allOf of one reference",
      object({ a: { allOf: [{ $ref: "#/$defs/e" }] } }, [], { $defs: { e: { enum: ["x", "y"] } } }),
      '(a?: "x" | "y")',
    ],
    [
      "references",
      object({ a: { $ref: "#/$defs/name" } }, ["a"], { $defs: { name: { type: "string" } } }),
      "(a: string)",
    ],
    [
      "escaped references",
      object({ a: { $ref: "#/definitions/x~1y%20z" } }, [], { definitions: { "x/y z": { type: "number" } } }),
      "(a?: number)",
    ],
    [
      "a reference as the root",
      { $ref: "#/$defs/in", $defs: { in: object({ a: { type: "string" } }) } },
      "(a?: string)",
    ],
    [
      "references that lead nowhere",
      object({ a: { $ref: "#/$defs/none" }, b: { $ref: "https://example.com/x" } }),
      "(a?: any, b?: any)",
    ],
    [
      "a cycle",
      { ...object({ value: { type: "string" }, next: { $ref: "#" } }), title: "node" },
      "(value?: string, next?: { value?: string, next?: object })",
    ],
    [
      "a cycle of two",
      object({ a: { $ref: "#/$defs/x" } }, [], {
        $defs: { x: { $ref: "#/$defs/y" }, y: { $ref: "#/$defs/x" } },
      }),
      "(a?: object)",
    ],
    [
      "a union as the root",
      { anyOf: [object({ a: { type: "string" } }), object({ b: { type: "number" } })] },
      "(input: { a?: string } | { b?: number })",
    ],
    [
      "names that are no identifiers",
      object({ "a b": { type: "string" }, "x-y": { type: "string" }, é: { type: "string" } }),
      '("a b"?: string, x-y?: string, é?: string)',
    ],
    ["hidden characters", object({ "a\u202E\n\u200Bb": { enum: ["x\u0000\ny"] } }), '("a b"?: "x y")'],
    [
      "inherited names",
      object({ constructor: { type: "string" }, toString: { $ref: "#/$defs/constructor" } }, ["constructor"]),
      "(constructor: string, toString?: any)",
    ],
  ])("%s", (_, schema, signature) => {
    expect(toSignature(schema)).toBe(signature);
  });

  test("a long signature ends between parameters, in an ellipsis", () => {
    const many = object(
      Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`parameter${at}`, { type: "string" }])),
      ["parameter39"],
    );
    const signature = toSignature(many);
    expect(signature).toMatch(/^\(parameter39: string, parameter0\?: string, .*string, …$/);
    expect(signature.length).toBeLessThanOrEqual(200);
    expect(
      toSignature(
        object({ a: { enum: ["x".repeat(300), "y".repeat(300), "z".repeat(300), "w".repeat(300)] } }),
      ).length,
    ).toBe(200);
  });

  test("is one bounded line for any value at all", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 5 }), (anything, properties) => {
        for (const schema of [
          anything,
          { type: "object", properties },
          { type: "object", properties: { a: properties, b: { items: properties } } },
        ]) {
          const signature = toSignature(schema);
          expect(signature.length).toBeLessThanOrEqual(200);
          expect(signature).toMatch(/^\(.*[)…]$/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a schema that doubles at every level is cut, not followed", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `d${at}`,
        { anyOf: Array.from({ length: 8 }, () => ({ $ref: `#/$defs/d${at + 1}` })) },
      ]),
    );
    const start = performance.now();
    expect(toSignature(object({ a: { $ref: "#/$defs/d0" } }, [], { $defs })).length).toBeLessThanOrEqual(200);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
