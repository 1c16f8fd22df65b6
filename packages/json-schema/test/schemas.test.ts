import { createSchemas, findContradictions, type SchemaViolation } from "@mcp-flowgate/json-schema";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

const schemas = createSchemas();

function judge(schema: JsonObject, value: Json): Json | readonly string[] {
  const compiled = schemas.compile(schema);
  if (!compiled.ok) throw new Error(`${compiled.error.pointer}: ${compiled.error.message}`);
  const result = compiled.value.validate(value);
  return result.ok ? result.value : result.error.map(({ message }: SchemaViolation) => message);
}

function refusal(schema: JsonObject): string {
  const compiled = schemas.compile(schema);
  return compiled.ok ? "accepted" : `${compiled.error.pointer}: ${compiled.error.message}`;
}

describe("validation", () => {
  it("fills defaults in at any depth, into a copy", () => {
    const schema = {
      type: "object",
      properties: {
        limit: { type: "integer", default: 10 },
        filter: { type: "object", default: {}, properties: { state: { type: "string", default: "open" } } },
        rows: { type: "array", items: { type: "object", properties: { keep: { default: true } } } },
      },
    };
    const value = { rows: [{}, { keep: false }] };
    expect(judge(schema, value)).toEqual({
      limit: 10,
      filter: { state: "open" },
      rows: [{ keep: true }, { keep: false }],
    });
    expect(value).toEqual({ rows: [{}, { keep: false }] });
  });

  it("applies defaults behind references, and none inside alternatives", () => {
    const node = {
      type: "object",
      properties: { kind: { default: "leaf" }, child: { $ref: "#/$defs/node" } },
    };
    expect(judge({ $defs: { node }, $ref: "#/$defs/node" }, { child: { child: {} } })).toEqual({
      kind: "leaf",
      child: { kind: "leaf", child: { kind: "leaf" } },
    });
    expect(judge({ anyOf: [{ properties: { a: { default: 1 } } }] }, {})).toEqual({});
  });

  it("says what is wrong, where, and what would be right", () => {
    const schema = {
      type: "object",
      required: ["repo"],
      additionalProperties: false,
      properties: {
        repo: { type: "string", minLength: 1 },
        state: { enum: ["open", "closed"] },
        limit: { type: "integer", maximum: 100 },
      },
    };
    expect(judge(schema, { state: "opne", limit: 500, repos: "x" })).toEqual([
      "`/repo` is required (a string)",
      "`/repos` is not a known property; did you mean `repo`?",
      '`/state` must be one of "open", "closed", not "opne"; did you mean "open"?',
      "`/limit` must be <= 100, not 500",
    ]);
    expect(judge(schema, "x")).toEqual(['the value must be an object, not the string "x"']);
  });

  it("tells why no alternative matches in one violation", () => {
    const schema = { anyOf: [{ type: "string" }, { type: "object", required: ["id"] }] };
    expect(judge(schema, 7)).toEqual([
      "the value matches none of its 2 alternatives: (1) the value must be a string, not the number 7; (2) the value must be an object, not the number 7",
    ]);
  });

  it("reads draft-07 tuples, declared or not, and refuses them in declared 2020-12", () => {
    const tuple = { type: "array", items: [{ type: "string" }, { type: "number" }], additionalItems: false };
    expect(judge(tuple, ["a", 1])).toEqual(["a", 1]);
    expect(judge({ ...tuple, $schema: "http://json-schema.org/draft-07/schema#" }, ["a", 1, 2])).toEqual([
      "the value must NOT have more than 2 items",
    ]);
    expect(refusal({ ...tuple, $schema: "https://json-schema.org/draft/2020-12/schema" })).toBe(
      "/items: a list of schemas is called `prefixItems` in 2020-12",
    );
  });

  it("treats `__proto__` and `constructor` as ordinary keys", () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}') as Json;
    const schema = { type: "object", required: ["__proto__", "constructor", "toString"] };
    expect(judge(schema, value)).toEqual(["`/toString` is required"]);
    const copy = judge({ type: "object" }, value);
    expect(Object.keys(copy as object)).toEqual(["__proto__", "constructor"]);
    expect((copy as { admin?: unknown }).admin).toBeUndefined();
  });

  it("knows formats and lets unknown ones pass", () => {
    expect(judge({ type: "string", format: "email" }, "a@b.example")).toBe("a@b.example");
    expect(judge({ type: "string", format: "date" }, "2026-13-01")).toEqual([
      'the value must be a valid date, which "2026-13-01" is not',
    ]);
    expect(judge({ type: "string", format: "colour" }, "x")).toBe("x");
  });

  it("accepts what it accepted: a filled copy is valid and does not change again", () => {
    const schema = {
      type: "object",
      properties: { a: { default: [1] }, b: { type: "object", default: {} } },
    };
    const compiled = schemas.compile(schema);
    expect(compiled.ok).toBe(true);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 2 })), (value) => {
        if (!compiled.ok) return false;
        const first = compiled.value.validate(value as Json);
        return !first.ok || JSON.stringify(compiled.value.validate(first.value)) === JSON.stringify(first);
      }),
      { numRuns: 200 },
    );
  });
});

describe("hostile schemas", () => {
  it("matches patterns in linear time, and refuses those that have no linear form", () => {
    const started = performance.now();
    expect(judge({ type: "string", pattern: "^(a+)+$" }, `${"a".repeat(50_000)}!`)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(refusal({ pattern: "(?=a)b" })).toContain(
      "/pattern: the pattern cannot be matched in linear time",
    );
    expect(refusal({ patternProperties: { "(a)\\1": {} } })).toContain("linear time");
    expect(refusal({ pattern: "(" })).toContain("not a regular expression");
  });

  it("accepts long repetitions of one character class", () => {
    expect(judge({ type: "string", pattern: "^[a-z]{1,2048}$" }, "abc")).toBe("abc");
    expect(refusal({ pattern: "^(a{1,2000})+$" })).toContain("linear time");
    expect(refusal({ pattern: "^a{1,2000}a{1,2000}$" })).toContain("linear time");
  });

  it("follows local references only", () => {
    expect(refusal({ $ref: "https://evil.example/schema.json" })).toContain("leaves the document");
    expect(refusal({ $ref: "other.json#/x" })).toContain("leaves the document");
    expect(refusal({ $ref: "#/$defs/missing" })).toBe(
      '/$ref: "#/$defs/missing" points at nothing in this schema',
    );
    const own = {
      $id: "https://me.example/s",
      $defs: { a: { type: "string" } },
      $ref: "https://me.example/s#/$defs/a",
    };
    expect(judge(own, "x")).toBe("x");
    expect(judge({ $defs: { a: { $anchor: "here", type: "string" } }, $ref: "#here" }, "x")).toBe("x");
  });

  it("refuses references that never come to an end", () => {
    expect(refusal({ $ref: "#" })).toContain("refers back to itself");
    expect(refusal({ $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } })).toContain(
      "refers back to itself",
    );
  });

  it("bounds size, depth and the work of recursive schemas", () => {
    let deep: JsonObject = {};
    for (let index = 0; index < 5000; index += 1) deep = { not: deep };
    expect(refusal(deep)).toContain("nested more than");
    expect(refusal({ enum: Array.from({ length: 60_000 }, (_, index) => index) })).toContain(
      "more than 50000 values",
    );

    const defs: Record<string, JsonObject> = { d0: { type: "string" } };
    for (let level = 1; level <= 40; level += 1) {
      const ref = { $ref: `#/$defs/d${level - 1}` };
      defs[`d${level}`] = { allOf: [ref, ref] };
    }
    const started = performance.now();
    expect(judge({ $defs: defs, $ref: "#/$defs/d40" }, "x")).toEqual([
      "the value takes too many steps to judge by this schema",
    ]);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("compares unique items without trying every pair", () => {
    const items = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    const started = performance.now();
    expect(judge({ uniqueItems: true }, items)).toHaveLength(50_000);
    expect(
      judge({ uniqueItems: true }, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toEqual(["the value must not have two equal items"]);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("judges formats of very long strings in bounded time", () => {
    const formats = [
      "email",
      "hostname",
      "uri",
      "uri-reference",
      "ipv6",
      "date-time",
      "uuid",
      "json-pointer",
      "regex",
    ];
    for (const format of formats) {
      for (const text of [
        "a".repeat(200_000),
        "a.".repeat(100_000),
        `a@${"a-".repeat(100_000)}`,
        ":".repeat(200_000),
      ]) {
        const started = performance.now();
        judge({ type: "string", format }, text);
        expect(performance.now() - started).toBeLessThan(2000);
      }
    }
  });

  it("refuses misspelt types with the nearest one", () => {
    expect(refusal({ type: "strng" })).toBe(
      '/type: `type` must be one of array, boolean, integer, null, number, object, string, or a list of them; did you mean "string"?',
    );
    expect(refusal({ properties: { a: { required: true } } })).toContain("/properties/a/required");
  });

  it("answers any JSON as a schema without throwing", () => {
    const anyJson = fc.jsonValue({ maxDepth: 4 });
    const run = (): void =>
      fc.assert(
        fc.property(anyJson, anyJson, (schema, value) => {
          const compiled = schemas.compile(schema as JsonObject);
          if (compiled.ok) compiled.value.validate(value as Json);
        }),
        { numRuns: 300 },
      );
    expect(run).not.toThrow();
  });
});

describe("contradictions", () => {
  const found = (schema: JsonObject): readonly string[] =>
    findContradictions(schema).map(({ pointer, message }) => `${pointer}: ${message}`);

  it("finds bounds that cross, values of another type and needed properties that are not allowed", () => {
    expect(found({ properties: { n: { minimum: 10, maximum: 1 } } })).toEqual([
      "/properties/n/minimum: `minimum` 10 is above `maximum` 1",
    ]);
    expect(found({ type: "string", enum: [1, 2] })).toEqual(["/enum: no value of `enum` is of type string"]);
    expect(found({ exclusiveMinimum: 3, maximum: 3 })).toHaveLength(1);
    expect(found({ required: ["a"], properties: {}, additionalProperties: false })).toEqual([
      "/required: `a` is required, but no such property is allowed",
    ]);
    expect(found({ type: "object", allOf: [{ type: "string" }] })).toEqual([
      "/allOf: its parts ask for different types",
    ]);
  });

  it("never accuses a schema that some value satisfies", () => {
    const small = fc.integer({ min: 0, max: 3 });
    const schema = fc.record(
      {
        type: fc.constantFrom("integer", "number", "string", "array", "object", "null"),
        minimum: small,
        maximum: small,
        exclusiveMinimum: small,
        exclusiveMaximum: small,
        minLength: small,
        maxLength: small,
        enum: fc.array(fc.constantFrom(0, 1, 2, "a", "", null), { maxLength: 3 }),
        const: fc.constantFrom(0, 1, "a"),
      },
      { requiredKeys: ["type"] },
    );
    const values: readonly Json[] = [0, 1, 2, 3, 1.5, 2.5, "", "a", "aa", "aaa", null, [], {}];
    const run = (): void =>
      fc.assert(
        fc.property(schema, (raw) => {
          const candidate = raw as JsonObject;
          const compiled = schemas.compile(candidate);
          if (!compiled.ok || found(candidate).length === 0) return true;
          // Bounds of another type bind nothing, so only values of the schema's own type are counter-examples.
          const numeric = candidate["type"] === "integer" || candidate["type"] === "number";
          const strings = candidate["type"] === "string";
          const about = found(candidate).some((text) =>
            /minimum|maximum|Minimum|Maximum/.test(text) ? numeric : /Length/.test(text) ? strings : true,
          );
          return !about || values.every((value) => !compiled.value.validate(value).ok);
        }),
        { numRuns: 500 },
      );
    expect(run).not.toThrow();
  });
});
