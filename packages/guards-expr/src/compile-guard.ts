import { err, ok } from "@mcp-flowgate/core";
import type { EvidenceRequirement, GuardIr, Result } from "@mcp-flowgate/core";
import { compileExpr } from "./compile-expr.ts";
import { describeDuration, describeRequirement } from "./describe-guard.ts";
import { countEvidence } from "./evidence.ts";
import type { ExprError, ExprErrorCode } from "./expr-error.ts";
import { grants } from "./grants.ts";
import { leafResult } from "./guard-result.ts";
import type { GuardResult, Verdict } from "./guard-result.ts";
import type { GuardScope } from "./guard-scope.ts";
import { rateKey } from "./rates.ts";
import { compileSchedule } from "./schedule.ts";
import { showValue } from "./show-value.ts";

/** One reason why a guard does not compile. `FG510`: the guard is malformed. Else the code of its expression's error. */
export interface GuardError {
  readonly code: ExprErrorCode | "FG510";
  readonly message: string;
  /** JSON pointer into the guard: `/guards/0/expr`. */
  readonly pointer: string;
  /** Where in the expression, for an error of an expression. */
  readonly at?: ExprError;
}

/** A guard that is ready to be judged, any number of times. */
export interface CompiledGuard {
  readonly guard: GuardIr;
  /** Never throws; what cannot be told is `unknown`. */
  evaluate(scope: GuardScope): GuardResult;
}

/** Guards nested deeper than this are refused. */
const MAX_DEPTH = 32;

type Judge = (scope: GuardScope) => GuardResult;

/**
 * Compiles a guard and every expression and schedule in it.
 * @returns the compiled guard, or every error that was found in it. Never throws.
 */
export function compileGuard(guard: GuardIr): Result<CompiledGuard, readonly GuardError[]> {
  const errors: GuardError[] = [];
  const judge = compileNode(guard, "", 0, errors);
  if (errors.length > 0) return err(errors);
  return ok({
    guard,
    evaluate(scope) {
      try {
        return judge(scope);
      } catch {
        return leafResult(guard.kind, "unknown", "the guard could not be evaluated");
      }
    },
  });
}

function compileNode(guard: GuardIr, pointer: string, depth: number, errors: GuardError[]): Judge {
  const refuse = (message: string, below = ""): Judge => {
    errors.push({ code: "FG510", message, pointer: `${pointer}${below}` });
    return () => leafResult(guard.kind, "unknown", message);
  };
  if (depth > MAX_DEPTH) return refuse(`guards nest deeper than ${MAX_DEPTH}`);
  switch (guard.kind) {
    case "permission":
      return guard.permission === ""
        ? refuse("`permission` is empty", "/permission")
        : judgePermission(guard.permission);
    case "role":
      return guard.role === "" ? refuse("`role` is empty", "/role") : judgeRole(guard.role);
    case "expr":
      return compileExprGuard(guard.expr, `${pointer}/expr`, errors);
    case "evidence":
      return compileEvidence(guard.requires, refuse);
    case "allOf":
    case "anyOf": {
      if (guard.guards.length === 0) return refuse(`\`${guard.kind}\` has no guards`, "/guards");
      const judges = guard.guards.map((child, index) =>
        compileNode(child, `${pointer}/guards/${index}`, depth + 1, errors),
      );
      return guard.kind === "allOf" ? judgeAll(judges) : judgeAny(judges);
    }
    case "not":
      return judgeNot(compileNode(guard.guard, `${pointer}/guard`, depth + 1, errors));
    case "separation":
      return guard.from.length === 0
        ? refuse("`separation` names no transitions", "/from")
        : judgeSeparation(guard.from);
    case "rateLimit":
      if (!isCount(guard.max)) return refuse("`max` must be a whole number from 1", "/max");
      if (!isCount(guard.perMs))
        return refuse("`perMs` must be a whole number of milliseconds from 1", "/perMs");
      return judgeRate(guard);
    case "schedule": {
      const schedule = compileSchedule(guard);
      if (!schedule.ok) return refuse(schedule.error);
      return (scope) => {
        const at = schedule.value.at(scope.now);
        if (at === undefined) return leafResult("schedule", "unknown", "the time is not known");
        const where = `it is ${at.local} in ${guard.timezone}`;
        return leafResult(
          "schedule",
          at.open ? "pass" : "fail",
          `${where}, ${at.open ? "inside" : "outside"} the schedule`,
        );
      };
    }
    default:
      return refuse(`unknown guard kind \`${String((guard as { kind?: unknown }).kind)}\``);
  }
}

function judgePermission(permission: string): Judge {
  return ({ values: { principal } }) => {
    const held = grants(principal.permissions, permission);
    return leafResult(
      "permission",
      held ? "pass" : "fail",
      `the caller ${held ? "has" : "lacks"} the permission "${permission}"`,
    );
  };
}

function judgeRole(role: string): Judge {
  return ({ values: { principal } }) => {
    const held = principal.roles.includes(role);
    return leafResult(
      "role",
      held ? "pass" : "fail",
      `the caller ${held ? "has" : "lacks"} the role "${role}"`,
    );
  };
}

function compileExprGuard(source: string, pointer: string, errors: GuardError[]): Judge {
  const compiled = compileExpr(source);
  if (!compiled.ok) {
    for (const error of compiled.error)
      errors.push({ code: error.code, message: error.message, pointer, at: error });
    return () => leafResult("expr", "unknown", "the expression does not compile");
  }
  const expr = compiled.value;
  const shown = source.trim().replaceAll(/\s+/gu, " ");
  return ({ values }) => {
    const { truth, reason, reads } = expr.evaluate(values);
    const found = reads.map(({ path, value }) => `${path} is ${showValue(value)}`).join(", ");
    const why = truth === "unknown" ? (reason ?? "") : found;
    const text = `${shown} is ${truth}${why === "" ? "" : `: ${why}`}`;
    return {
      verdict: truth === "unknown" ? "unknown" : truth ? "pass" : "fail",
      kind: "expr",
      text,
      reads,
      children: [],
    };
  };
}

function compileEvidence(
  requires: readonly EvidenceRequirement[],
  refuse: (message: string, below?: string) => Judge,
): Judge {
  if (requires.length === 0) return refuse("`evidence` requires nothing", "/requires");
  const bad = requires.findIndex(({ kind, count }) => kind === "" || !isCount(count));
  if (bad !== -1) return refuse("a required evidence needs a kind, and a count from 1", `/requires/${bad}`);
  return ({ evidence }) => {
    const parts = requires.map((requirement) => {
      const found = countEvidence(evidence, requirement);
      return {
        enough: found >= requirement.count,
        text: `${describeRequirement(requirement)}: ${found} of ${requirement.count}`,
      };
    });
    const verdict = parts.every(({ enough }) => enough) ? "pass" : "fail";
    return leafResult("evidence", verdict, `evidence of ${parts.map(({ text }) => text).join(", ")}`);
  };
}

function judgeAll(judges: readonly Judge[]): Judge {
  return (scope) => {
    const children = judges.map((judge) => judge(scope));
    const passed = children.filter(({ verdict }) => verdict === "pass").length;
    const verdict = decide(children, "fail", "pass");
    return {
      verdict,
      kind: "allOf",
      text: `${passed} of ${children.length} hold, all are needed`,
      reads: [],
      children,
    };
  };
}

function judgeAny(judges: readonly Judge[]): Judge {
  return (scope) => {
    const children = judges.map((judge) => judge(scope));
    const passed = children.filter(({ verdict }) => verdict === "pass").length;
    const verdict = decide(children, "pass", "fail");
    return {
      verdict,
      kind: "anyOf",
      text: `${passed} of ${children.length} hold, one is needed`,
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

const OPPOSITE = { pass: "fail", fail: "pass", unknown: "unknown" } as const;

function judgeNot(judge: Judge): Judge {
  return (scope) => {
    const child = judge(scope);
    const verdict = OPPOSITE[child.verdict];
    const text =
      verdict === "unknown"
        ? "it cannot be told whether the guard below holds"
        : `the guard below must not hold, and it ${verdict === "pass" ? "does not" : "does"}`;
    return { verdict, kind: "not", text, reads: [], children: [child] };
  };
}

function judgeSeparation(from: readonly string[]): Judge {
  return (scope) => {
    const { subject } = scope.values.principal;
    const done = from.filter((transition) => scope.performers(transition).includes(subject));
    if (done.length === 0)
      return leafResult("separation", "pass", `the caller did none of ${from.join(", ")}`);
    return leafResult("separation", "fail", `the caller did ${done.join(", ")}; someone else is needed`);
  };
}

function judgeRate(guard: Extract<GuardIr, { kind: "rateLimit" }>): Judge {
  return (scope) => {
    const used = scope.rate(rateKey(guard, scope), guard.perMs);
    if (!(used >= 0)) return leafResult("rateLimit", "unknown", "the rate is not known");
    const text = `${used} of ${guard.max} used in the last ${describeDuration(guard.perMs)}`;
    return leafResult("rateLimit", used < guard.max ? "pass" : "fail", text);
  };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
