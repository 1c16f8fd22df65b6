import type { GuardIr, Json, JsonObject, Principal, Result } from "@mcp-flowgate/core";
import * as api from "@mcp-flowgate/guards-expr";
import type {
  CheckEnvironment,
  CompiledExpr,
  CompiledGuard,
  CompiledPathTemplate,
  CompiledTemplate,
  Evaluation,
  ExprError,
  ExprFinding,
  ExprLimits,
  GuardError,
  GuardRate,
  GuardResult,
  GuardScope,
  ModernizeChange,
  Scope,
  TemplateError,
  Unresolved,
} from "@mcp-flowgate/guards-expr";
import { describe, expect, expectTypeOf, test } from "vitest";

describe("the public API", () => {
  test("exports these names and no others", () => {
    expect(Object.keys(api).sort()).toEqual([
      "DEFAULT_EXPR_LIMITS",
      "FUNCTION_ARITY",
      "checkExpr",
      "childrenOf",
      "compileExpr",
      "compileGuard",
      "compilePathTemplate",
      "compileTemplate",
      "describeGuard",
      "formatExprError",
      "grants",
      "guardRates",
      "mayPass",
      "modernizeExpr",
      "renderGuardResult",
      "walkExpr",
    ]);
  });

  test("compiling gives results, never throws", () => {
    expectTypeOf(api.compileExpr).toEqualTypeOf<
      (source: string, limits?: Partial<ExprLimits>) => Result<CompiledExpr, readonly ExprError[]>
    >();
    expectTypeOf(api.compileGuard).toEqualTypeOf<
      (guard: GuardIr) => Result<CompiledGuard, readonly GuardError[]>
    >();
    expectTypeOf(api.compileTemplate).toEqualTypeOf<
      (value: Json) => Result<CompiledTemplate, readonly TemplateError[]>
    >();
    expectTypeOf(api.compilePathTemplate).toEqualTypeOf<
      (path: string) => Result<CompiledPathTemplate, readonly TemplateError[]>
    >();
  });

  test("evaluating gives three truths, and a value that may be missing", () => {
    expectTypeOf<CompiledExpr["evaluate"]>().toEqualTypeOf<(scope: Scope) => Evaluation>();
    expectTypeOf<Evaluation["truth"]>().toEqualTypeOf<true | false | "unknown">();
    expectTypeOf<Evaluation["value"]>().toEqualTypeOf<Json | undefined>();
    expectTypeOf<ReturnType<CompiledExpr["test"]>>().toEqualTypeOf<true | false | "unknown">();
    expectTypeOf<GuardResult["verdict"]>().toEqualTypeOf<"pass" | "fail" | "unknown">();
    expectTypeOf<CompiledGuard["evaluate"]>().toEqualTypeOf<(scope: GuardScope) => GuardResult>();
    // A truth is not a boolean: unknown must be dealt with before it decides anything.
    expectTypeOf<Evaluation["truth"]>().not.toExtend<boolean>();
  });

  test("resolving gives the value or what is unresolved", () => {
    expectTypeOf<CompiledTemplate["resolve"]>().toEqualTypeOf<
      (scope: Scope) => Result<Json, readonly Unresolved[]>
    >();
    expectTypeOf<CompiledPathTemplate["resolve"]>().toEqualTypeOf<
      (scope: Scope) => Result<string, readonly Unresolved[]>
    >();
    expectTypeOf<Unresolved>().toEqualTypeOf<{
      readonly pointer: string;
      readonly path: string;
      readonly message: string;
    }>();
  });

  test("checks, rewritings and helpers take and give plain data", () => {
    expectTypeOf(api.checkExpr).toEqualTypeOf<
      (expr: string | CompiledExpr, environment?: CheckEnvironment) => readonly ExprFinding[]
    >();
    expectTypeOf<CheckEnvironment["context"]>().toEqualTypeOf<JsonObject | undefined>();
    expectTypeOf(api.modernizeExpr).toEqualTypeOf<
      (source: string) => { readonly source: string; readonly changes: readonly ModernizeChange[] }
    >();
    expectTypeOf(api.grants).toEqualTypeOf<(permissions: readonly string[], wanted: string) => boolean>();
    expectTypeOf(api.guardRates).returns.toEqualTypeOf<readonly GuardRate[]>();
    expectTypeOf(api.describeGuard).toEqualTypeOf<(guard: GuardIr) => string>();
    expectTypeOf(api.renderGuardResult).toEqualTypeOf<(result: GuardResult) => string>();
    expectTypeOf<Scope["principal"]>().toEqualTypeOf<Principal>();
  });
});
