import {
  canonicalJson,
  equalJson,
  type ErrorClass,
  type FailureEffect,
  type Json,
  type OperationSlot,
} from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { buildMcp, buildPrincipal, nodeDigest } from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idempotencyKey } from "../src/idempotency-key.ts";
import { utf8Length } from "../src/limits.ts";
import { createPrograms } from "../src/programs.ts";
import { resolveCall } from "../src/resolve-call.ts";
import { nextAttempt, type FailedAttempt } from "../src/retry.ts";

type SubjectOf<Some> = Some extends fc.Arbitrary<infer Value> ? Value : never;

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const object = fc.dictionary(fc.string(), json) as fc.Arbitrary<{ readonly [key: string]: Json }>;

describe("the key of an effect", () => {
  const subject = fc.record({
    workflowId: fc.constantFrom("wf_a", "wf_b"),
    fromVersion: fc.nat(3),
    slot: fc.constantFrom<OperationSlot>("submit", "chain", "onEnter", "timeout", "compensate"),
    transition: fc.constantFrom("a", "b"),
    arguments: object,
  });
  const keyOf = ({ arguments: args, ...rest }: SubjectOf<typeof subject>): string =>
    idempotencyKey({ ...rest, argumentsText: canonicalJson(args) }, nodeDigest);

  it("differs where instance, version, slot, transition or arguments differ, and only there (W10)", () => {
    fc.assert(
      fc.property(subject, subject, (left, right) => {
        const equal =
          left.workflowId === right.workflowId &&
          left.fromVersion === right.fromVersion &&
          left.slot === right.slot &&
          left.transition === right.transition &&
          equalJson(left.arguments, right.arguments);
        expect(keyOf(left) === keyOf(right)).toBe(equal);
      }),
    );
  });

  it("can travel as a header", () => {
    fc.assert(
      fc.property(subject, (one) => {
        expect(keyOf(one)).toMatch(/^[\w.]+$/);
      }),
    );
  });
});

describe("what follows a failed attempt", () => {
  const failedAttempt: fc.Arbitrary<FailedAttempt> = fc.record({
    effect: fc.constantFrom("read", "idempotent", "once", "reconcile"),
    effectDeclared: fc.boolean(),
    retry: fc.record({
      maxAttempts: fc.integer({ min: 1, max: 6 }),
      backoff: fc.constantFrom("none", "fixed", "exponential"),
      initialDelayMs: fc.nat(100_000),
      maxDelayMs: fc.nat(100_000),
      jitter: fc.boolean(),
      retryOn: fc.subarray<ErrorClass>([
        "timeout",
        "transient_error",
        "rate_limited",
        "connection_error",
        "permanent",
      ]),
    }),
    failure: fc.record({
      status: fc.constant("failed" as const),
      effect: fc.constantFrom<FailureEffect>("not_sent", "failed", "unknown"),
      errorClass: fc.constantFrom<ErrorClass>(
        "timeout",
        "transient_error",
        "rate_limited",
        "connection_error",
        "permanent",
      ),
      message: fc.constant("x"),
    }),
    attempt: fc.integer({ min: 1, max: 6 }),
    fallbacksLeft: fc.nat(2),
    now: fc.constant(0),
    deadlineAt: fc.nat(1_000_000),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });

  it("is never another call after a declared `once` that may have taken effect (W5)", () => {
    fc.assert(
      fc.property(failedAttempt, (attempt) => {
        fc.pre(attempt.effect === "once" || attempt.effect === "reconcile");
        fc.pre(attempt.effectDeclared && attempt.failure.effect === "unknown");
        expect(nextAttempt(attempt)).toEqual({ kind: "unknown" });
      }),
    );
  });

  it("stays within the attempts, the deadline and the longest delay", () => {
    fc.assert(
      fc.property(failedAttempt, (attempt) => {
        const next = nextAttempt(attempt);
        fc.pre(next.kind === "retry");
        const { retry } = attempt;
        expect(attempt.attempt).toBeLessThan(retry!.maxAttempts);
        expect(retry!.retryOn).toContain(attempt.failure.errorClass);
        expect(next.delayMs).toBeLessThanOrEqual(retry!.maxDelayMs!);
        expect(attempt.now + next.delayMs).toBeLessThan(attempt.deadlineAt);
      }),
    );
  });
});

describe("a resolved call", () => {
  const programs = createPrograms(createSchemas());
  const workflow = { id: "wf", input: {}, state: "s", version: 0, startedAt: 0 };
  const scopeWith = (args: Json) => ({
    arguments: args,
    context: { tenant: "acme" },
    workflow,
    principal: buildPrincipal("p"),
  });

  it("keeps the number of arguments and the segments of the path, whatever the values are (W24)", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const cli = resolveCall(
          programs,
          {
            kind: "cli",
            command: "c",
            args: ["--name", "$.arguments.v", "x={{ $.arguments.v }}"],
            env: {},
            treatNonZeroAsFailure: true,
            maxOutputBytes: 1,
            allowDashArgs: false,
            effect: "once",
            effectDeclared: true,
          },
          scopeWith({ v: value }),
          new Set(["v"]),
        );
        expect(cli).toMatchObject({
          ok: true,
          value: {
            args: [
              { value: "--name", dynamic: false },
              { value, dynamic: true },
              { value: `x=${value}`, dynamic: true },
            ],
          },
        });
        const http = resolveCall(
          programs,
          {
            kind: "http",
            connection: "h",
            method: "GET",
            path: "/v1/{v}/items",
            query: {},
            headers: {},
            bodyFormat: "json",
            maxResponseBytes: 1,
            effect: "read",
            effectDeclared: true,
          },
          scopeWith({ v: value }),
          new Set(["v"]),
        );
        const path = http.ok && http.value.kind === "http" ? http.value.path : "/v1/refused/items";
        expect(path).toMatch(/^\/v1\/[^/?#]+\/items$/);
      }),
    );
  });

  it("lets no undeclared argument stand before the context in a path (F47)", () => {
    const executor = {
      kind: "http",
      connection: "h",
      method: "GET",
      path: "/{tenant}/{id}",
      query: { q: "$.arguments.q", none: "$.context.none" },
      headers: {},
      bodyFormat: "json",
      maxResponseBytes: 1,
      effect: "read",
      effectDeclared: true,
    } as const;
    const shadowing = resolveCall(
      programs,
      { ...executor, query: {} },
      scopeWith({ tenant: "evil", id: 7 }),
      new Set(["id"]),
    );
    expect(shadowing).toMatchObject({ ok: true, value: { path: "/acme/7" } });
    const unresolved = resolveCall(programs, executor, scopeWith({ id: 7 }), new Set(["id"]));
    expect(unresolved).toMatchObject({
      ok: false,
      error: [{ pointer: "/query/q" }, { pointer: "/query/none" }],
    });
  });

  it("sends the mapped arguments whole, or nothing (F45)", () => {
    const map = { a: "$.arguments.a", n: 5, deep: { list: ["$.arguments.b", true] } };
    const whole = resolveCall(programs, buildMcp("t", { map }), scopeWith({ a: 1, b: 2 }), new Set());
    expect(whole).toMatchObject({
      ok: true,
      value: { arguments: { a: 1, n: 5, deep: { list: [2, true] } } },
    });
    expect(resolveCall(programs, buildMcp("t", { map }), scopeWith({ a: 1 }), new Set()).ok).toBe(false);
  });
});

describe("the length of a text in bytes", () => {
  it("is that of its UTF-8", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => utf8Length(text) === new TextEncoder().encode(text).length,
      ),
    );
    expect(utf8Length("\ud800")).toBe(3);
  });
});
