import type { Evidence, GuardIr, Json, Principal, WorkflowInstance } from "@mcp-flowgate/core";
import { describeGuard, type GuardResult, type GuardScope, type Scope } from "@mcp-flowgate/guards-expr";
import type { Facts } from "./facts.ts";
import type { Programs } from "./programs.ts";

/** What a step is judged by. */
export interface Bench {
  readonly instance: WorkflowInstance;
  readonly evidence: readonly Evidence[];
  readonly facts: Facts;
  readonly env: { readonly now: number; readonly programs: Programs };
}

export interface Judged {
  readonly guard: GuardIr;
  readonly result: GuardResult;
}

/** What templates and guards of a step can read. */
export function scopeOf(
  instance: WorkflowInstance,
  principal: Principal,
  values: { readonly arguments?: Json; readonly output?: Json } = {},
): Scope {
  return {
    ...values,
    context: instance.context,
    workflow: {
      id: instance.id,
      input: instance.input,
      state: instance.state,
      version: instance.version,
      startedAt: instance.createdAt,
    },
    principal,
  };
}

/** Every guard with its result. `until: "failed"` stops at the first that does not pass, as a submit does. */
export function judgeAll(
  bench: Bench,
  guards: readonly GuardIr[],
  scope: Scope,
  until: "failed" | "end" = "end",
): readonly Judged[] {
  const guardScope = guardScopeOf(bench, scope);
  const judged: Judged[] = [];
  for (const guard of guards) {
    const result = bench.env.programs.judge(guard, guardScope);
    judged.push({ guard, result });
    if (until === "failed" && result.verdict !== "pass") break;
  }
  return judged;
}

/** W23: only `pass` allows; an error or an unknown does not. */
export function allPass(judged: readonly Judged[]): boolean {
  return judged.every(({ result }) => result.verdict === "pass");
}

export function guardScopeOf(bench: Bench, scope: Scope): GuardScope {
  return {
    values: scope,
    evidence: bench.evidence,
    performers: (transition) => bench.facts.performers(transition),
    rate: (key, perMs) => bench.facts.rate(key, perMs),
    definitionId: bench.instance.definitionId,
    now: bench.env.now,
  };
}

/** A guard's result as the caller may read it: the guard, whether it passed, and why. */
export function toDetail({ guard, result }: Judged): { readonly [key: string]: Json } {
  return {
    check: "guard",
    guard: describeGuard(guard),
    passed: result.verdict === "pass",
    text: result.text,
  };
}
