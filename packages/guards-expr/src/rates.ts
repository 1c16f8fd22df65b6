import type { GuardIr } from "@mcp-flowgate/core";
import type { GuardScope } from "./guard-scope.ts";

type RateLimitIr = Extract<GuardIr, { kind: "rateLimit" }>;

/** One counter that a claim must go into. */
export interface GuardRate {
  /** Injective text of what is limited. */
  readonly key: string;
  readonly max: number;
  readonly perMs: number;
}

/**
 * Every counter of the `rateLimit` guards in the tree, each once: what a claim of the transition must count, wherever
 * in the tree they stand.
 */
export function guardRates(
  guard: GuardIr,
  scope: Pick<GuardScope, "values" | "definitionId">,
): readonly GuardRate[] {
  const rates = new Map<string, GuardRate>();
  collect(guard, scope, rates);
  return [...rates.values()];
}

/**
 * The counter of one limit. `principal`: of this caller (by tenant and subject) in this definition. `definition`: of
 * everybody in this definition. `global`: of everybody under any guard with the same limit.
 */
export function rateKey(guard: RateLimitIr, scope: Pick<GuardScope, "values" | "definitionId">): string {
  const limit = [guard.key, guard.max, guard.perMs];
  switch (guard.key) {
    case "principal": {
      const { tenant, subject } = scope.values.principal;
      return JSON.stringify([...limit, scope.definitionId, tenant, subject]);
    }
    case "definition":
      return JSON.stringify([...limit, scope.definitionId]);
    case "global":
      return JSON.stringify(limit);
    default:
      return guard.key satisfies never;
  }
}

function collect(
  guard: GuardIr,
  scope: Pick<GuardScope, "values" | "definitionId">,
  rates: Map<string, GuardRate>,
): void {
  switch (guard.kind) {
    case "rateLimit": {
      const key = rateKey(guard, scope);
      rates.set(key, { key, max: guard.max, perMs: guard.perMs });
      return;
    }
    case "allOf":
    case "anyOf":
      for (const child of guard.guards) collect(child, scope, rates);
      return;
    case "not":
      collect(guard.guard, scope, rates);
      return;
    default:
  }
}
