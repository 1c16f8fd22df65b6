import { err, isJsonObject, ok } from "@mcp-flowgate/core";
import type { EvidenceRequirement, GuardIr, Result } from "@mcp-flowgate/core";
import { compileExpr } from "./compile-expr.ts";
import { describeDuration, describeRequirement } from "./describe-guard.ts";
import { countEvidence } from "./evidence.ts";
import { grants } from "./grants.ts";
import type { GuardError } from "./guard-error.ts";
import { leafResult } from "./guard-result.ts";
import type { GuardResult } from "./guard-result.ts";
import type { GuardScope } from "./guard-scope.ts";
import { rateKey } from "./rates.ts";
import { compileSchedule } from "./schedule.ts";
import { showValue } from "./show-value.ts";

/** A compiled guard. */
export type Judge = (scope: GuardScope) => GuardResult;

/** A guard that holds no other guards. */
export type LeafIr = Exclude<GuardIr, { kind: "allOf" | "anyOf" | "not" }>;

type Compiled = Result<Judge, readonly GuardError[]>;

const RATE_KEYS: readonly string[] = ["principal", "definition", "global"];

/** Compiles a guard that holds no other guards. Pointers of its errors start at it. */
export function compileLeaf(guard: LeafIr): Compiled {
  switch (guard.kind) {
    case "permission":
      return isText(guard.permission)
        ? ok(judgePermission(guard))
        : refuse("`permission` is empty", "/permission");
    case "role":
      return isText(guard.role) ? ok(judgeRole(guard)) : refuse("`role` is empty", "/role");
    case "expr":
      return typeof guard.expr === "string"
        ? compileExprGuard(guard.expr, guard.shown ?? guard.expr)
        : refuse("`expr` must be a text", "/expr");
    case "evidence":
      return compileEvidence(guard.requires);
    case "separation":
      if (!isList(guard.from) || !guard.from.every(isText))
        return refuse("`separation` names no transitions", "/from");
      return ok(judgeSeparation(guard.from));
    case "rateLimit":
      if (!isCount(guard.max)) return refuse("`max` must be a whole number from 1", "/max");
      if (!isCount(guard.perMs))
        return refuse("`perMs` must be a whole number of milliseconds from 1", "/perMs");
      if (!RATE_KEYS.includes(guard.key))
        return refuse(`\`key\` must be one of ${RATE_KEYS.join(", ")}`, "/key");
      return ok(judgeRate(guard));
    case "schedule": {
      const schedule = compileSchedule(guard);
      return schedule.ok ? ok(judgeSchedule(guard.timezone, schedule.value.at)) : refuse(schedule.error, "");
    }
    default:
      return refuse(`unknown guard kind \`${String((guard as { kind?: unknown }).kind)}\``, "");
  }
}

function judgePermission({ permission, shown }: Extract<GuardIr, { kind: "permission" }>): Judge {
  return ({ values: { principal } }) => {
    const held = grants(principal.permissions, permission);
    return leafResult(
      "permission",
      held ? "pass" : "fail",
      `the caller ${held ? "has" : "lacks"} the permission "${shown ?? permission}"`,
    );
  };
}

function judgeRole({ role, shown }: Extract<GuardIr, { kind: "role" }>): Judge {
  return ({ values: { principal } }) => {
    const held = principal.roles.includes(role);
    return leafResult(
      "role",
      held ? "pass" : "fail",
      `the caller ${held ? "has" : "lacks"} the role "${shown ?? role}"`,
    );
  };
}

function compileExprGuard(source: string, written: string): Compiled {
  const compiled = compileExpr(source);
  if (!compiled.ok) {
    return err(compiled.error.map((at) => ({ code: at.code, message: at.message, pointer: "/expr", at })));
  }
  const expr = compiled.value;
  const shown = written.trim().replaceAll(/\s+/gu, " ");
  return ok(({ values }) => {
    const { truth, reason, reads } = expr.evaluate(values);
    const found = reason ?? reads.map(({ path, value }) => `${path} is ${showValue(value)}`).join(", ");
    const text = `${shown} is ${truth}${found === "" ? "" : `: ${found}`}`;
    const verdict = truth === "unknown" ? "unknown" : truth ? "pass" : "fail";
    return { verdict, kind: "expr", text, reads, children: [] };
  });
}

function compileEvidence(requires: readonly EvidenceRequirement[]): Compiled {
  if (!isList(requires)) return refuse("`evidence` requires nothing", "/requires");
  const bad = requires.findIndex((item) => !isJsonObject(item) || !isText(item.kind) || !isCount(item.count));
  if (bad !== -1) return refuse("a required evidence needs a kind, and a count from 1", `/requires/${bad}`);
  return ok(({ evidence }) => {
    const parts = requires.map((requirement) => {
      const found = countEvidence(evidence, requirement);
      return {
        enough: found >= requirement.count,
        text: `${describeRequirement(requirement)}: ${found} of ${requirement.count}`,
      };
    });
    const verdict = parts.every(({ enough }) => enough) ? "pass" : "fail";
    return leafResult("evidence", verdict, `evidence of ${parts.map(({ text }) => text).join(", ")}`);
  });
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

function judgeSchedule(
  timezone: string,
  at: (now: number) => { readonly open: boolean; readonly local: string } | undefined,
): Judge {
  return (scope) => {
    const time = at(scope.now);
    if (time === undefined) return leafResult("schedule", "unknown", "the time is not known");
    const text = `it is ${time.local} in ${timezone}, ${time.open ? "inside" : "outside"} the schedule`;
    return leafResult("schedule", time.open ? "pass" : "fail", text);
  };
}

function refuse(message: string, pointer: string): Compiled {
  return err([{ code: "FG510", message, pointer }]);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
