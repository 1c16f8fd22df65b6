import { err, isJsonObject, ok } from "@mcp-flowgate/core";
import type { GuardIr, Result } from "@mcp-flowgate/core";
import type { GuardError } from "./guard-error.ts";
import { leafResult } from "./guard-result.ts";
import type { GuardResult, Verdict } from "./guard-result.ts";
import type { GuardScope } from "./guard-scope.ts";
import { compileLeaf } from "./leaf-guards.ts";
import type { Judge } from "./leaf-guards.ts";

/** A guard that is ready to be judged, any number of times. */
export interface CompiledGuard {
  readonly guard: GuardIr;
  /** Never throws; what cannot be told is `unknown`. */
  evaluate(scope: GuardScope): GuardResult;
}

/** Guards nested deeper than this are refused. */
const MAX_DEPTH = 32;

/**
 * Compiles a guard and every expression and schedule in it. A guard that is not of the form of its kind, an unknown
 * kind and a list without guards are errors: nothing that is missing is taken for a condition that holds.
 * @returns the compiled guard, or every error that was found in it. Never throws.
 */
export function compileGuard(guard: GuardIr): Result<CompiledGuard, readonly GuardError[]> {
  const errors: GuardError[] = [];
  const judge = compileNode(guard, "", 0, errors);
  return errors.length > 0 ? err(errors) : ok({ guard, evaluate: judge });
}

function compileNode(guard: GuardIr, pointer: string, depth: number, errors: GuardError[]): Judge {
  const refuse = (message: string, below: string): Judge => {
    errors.push({ code: "FG510", message, pointer: `${pointer}${below}` });
    return () => leafResult(guard.kind, "unknown", message);
  };
  const given: unknown = guard;
  if (!isJsonObject(given)) return refuse("a guard is an object with a `kind`", "");
  if (depth > MAX_DEPTH) return refuse(`guards nest deeper than ${MAX_DEPTH}`, "");
  switch (guard.kind) {
    case "allOf":
    case "anyOf": {
      if (!Array.isArray(guard.guards) || guard.guards.length === 0)
        return refuse(`\`${guard.kind}\` has no guards`, "/guards");
      const judges = guard.guards.map((child, index) =>
        compileNode(child, `${pointer}/guards/${index}`, depth + 1, errors),
      );
      return guard.kind === "allOf" ? judgeAll(judges) : judgeAny(judges);
    }
    case "not":
      return judgeNot(compileNode(guard.guard, `${pointer}/guard`, depth + 1, errors));
    default: {
      const judge = compileLeaf(guard);
      if (judge.ok) return failClosed(guard.kind, judge.value);
      for (const error of judge.error) errors.push({ ...error, pointer: `${pointer}${error.pointer}` });
      return () => leafResult(guard.kind, "unknown", "the guard does not compile");
    }
  }
}

/** A port that throws makes its guard unknown, and leaves those beside it alone. */
function failClosed(kind: GuardIr["kind"], judge: Judge): Judge {
  return (scope) => {
    try {
      return judge(scope);
    } catch {
      return leafResult(kind, "unknown", "the guard could not be evaluated");
    }
  };
}

function judgeAll(judges: readonly Judge[]): Judge {
  return (scope) => {
    const children = judges.map((judge) => judge(scope));
    return {
      verdict: decide(children, "fail", "pass"),
      kind: "allOf",
      text: `${tally(children)}, all are needed`,
      reads: [],
      children,
    };
  };
}

function judgeAny(judges: readonly Judge[]): Judge {
  return (scope) => {
    const children = judges.map((judge) => judge(scope));
    return {
      verdict: decide(children, "pass", "fail"),
      kind: "anyOf",
      text: `${tally(children)}, one is needed`,
      reads: [],
      children,
    };
  };
}

/** Kleene: one `absorbing` child decides; else an unknown child leaves it open. */
function decide(children: readonly GuardResult[], absorbing: Verdict, otherwise: Verdict): Verdict {
  if (children.some(({ verdict }) => verdict === absorbing)) return absorbing;
  return children.some(({ verdict }) => verdict === "unknown") ? "unknown" : otherwise;
}

function tally(children: readonly GuardResult[]): string {
  return `${children.filter(({ verdict }) => verdict === "pass").length} of ${children.length} hold`;
}

const NEGATED = {
  pass: { verdict: "fail", text: "the guard below must not hold, and it does" },
  fail: { verdict: "pass", text: "the guard below must not hold, and it does not" },
  unknown: { verdict: "unknown", text: "it cannot be told whether the guard below holds" },
} as const;

function judgeNot(judge: Judge): Judge {
  return (scope) => {
    const child = judge(scope);
    return { ...NEGATED[child.verdict], kind: "not", reads: [], children: [child] };
  };
}
