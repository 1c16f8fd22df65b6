import {
  compileGuard,
  compilePathTemplate,
  compileTemplate,
  compileExpr,
  modernizeExpr,
  renderGuardResult,
} from "@mcp-flowgate/guards-expr";
import type { GuardScope, Unresolved, Verdict } from "@mcp-flowgate/guards-expr";
import type { Evidence, GuardIr, Json, Result } from "@mcp-flowgate/core";
import { describe, expect, test } from "vitest";
import { readCases, readDocument, readScope } from "./corpus.ts";

interface Outcome {
  readonly value?: Json;
  readonly unresolved?: readonly (readonly [pointer: string, says: string])[];
  readonly error?: { readonly code: string; readonly pointer: string; readonly says: string };
}

interface Resolver {
  resolve(scope: ReturnType<typeof readScope>): Result<Json, readonly Unresolved[]>;
}

interface Problem {
  readonly code?: string;
  readonly pointer: string;
  readonly message: string;
}

/** What came out, in the form in which the corpus says what should. Messages are cut to what the corpus asks for. */
function outcome(compiled: Result<Resolver, readonly Problem[]>, wanted: Outcome): Outcome {
  if (!compiled.ok) return { error: brief(compiled.error[0], wanted.error?.says) };
  const resolved = compiled.value.resolve(readScope());
  if (resolved.ok) return { value: resolved.value };
  return {
    unresolved: resolved.error.map(({ pointer, message }, index) => [
      pointer,
      part(message, wanted.unresolved?.[index]?.[1]),
    ]),
  };
}

function brief(problem: Problem | undefined, says: string | undefined): NonNullable<Outcome["error"]> {
  return {
    code: problem?.code ?? "",
    pointer: problem?.pointer ?? "",
    says: part(problem?.message ?? "", says),
  };
}

function part(message: string, says: string | undefined): string {
  return says !== undefined && message.includes(says) ? says : message;
}

/** Nothing came out yet; what stays so is left out of the comparison. */
const NOTHING = { value: undefined, unresolved: undefined, error: undefined };

describe("conformance corpus: templates", () => {
  test.each(readCases<Outcome & { template: Json }>("templates"))("$template: $why", (wanted) => {
    expect({ ...wanted, ...NOTHING, ...outcome(compileTemplate(wanted.template), wanted) }).toEqual(wanted);
  });
});

describe("conformance corpus: path templates", () => {
  test.each(readCases<Outcome & { path: string }>("path-templates"))("$path: $why", (wanted) => {
    expect({ ...wanted, ...NOTHING, ...outcome(compilePathTemplate(wanted.path), wanted) }).toEqual(wanted);
  });
});

describe("conformance corpus: guards", () => {
  const { evidence, performers, used } = readDocument("guards") as unknown as {
    evidence: readonly Evidence[];
    performers: { readonly [transition: string]: readonly string[] };
    used: number;
  };
  type Case = { guard: GuardIr; verdict?: Verdict; says?: string; now?: number; error?: Outcome["error"] };
  test.each(readCases<Case>("guards"))("$guard $now: $why", ({ guard, verdict, says, now, error }) => {
    const compiled = compileGuard(guard);
    const scope: GuardScope = {
      values: readScope(),
      evidence,
      performers: (transition) => performers[transition] ?? [],
      rate: () => used,
      definitionId: "deploy",
      now: now ?? 0,
    };
    const result = compiled.ok ? compiled.value.evaluate(scope) : undefined;
    expect({
      verdict: result?.verdict,
      says: result === undefined ? undefined : part(renderGuardResult(result), says),
      error: compiled.ok ? undefined : brief(compiled.error[0], error?.says),
    }).toEqual({ verdict, says, error });
  });
});

describe("conformance corpus: modernize", () => {
  test.each(readCases<{ expr: string; today: string; codes: readonly string[] }>("modernize"))(
    "$expr: $why",
    ({ expr, today, codes }) => {
      const { source, changes } = modernizeExpr(expr);
      expect({ source, codes: changes.map(({ code }) => code) }).toEqual({ source: today, codes });
      expect(codes.length === 0 || compileExpr(source).ok).toBe(true);
    },
  );
});
