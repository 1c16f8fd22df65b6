import type { GuardIr, Operation, Principal, WorkflowIr } from "@mcp-flowgate/core";

/** What guards and compensation need beyond the aggregate. The driver reads it only where a definition asks for it. */
export interface Facts {
  /** Who did a transition so far: those who submitted it and those who decided it. */
  performers(transition: string): readonly string[];
  /** Uses of a rate key in the window that ends now. */
  rate(key: string, perMs: number): number;
  /** The journal, where the instance is being cancelled or a guard separates duties; else empty. */
  readonly journal: readonly Operation[];
}

export const NO_FACTS: Facts = Object.freeze({ performers: () => [], rate: () => 0, journal: [] });

/** What a definition makes necessary to read. */
export interface Traits {
  readonly separates: boolean;
  readonly rates: readonly Extract<GuardIr, { kind: "rateLimit" }>[];
}

export function traitsOf(ir: WorkflowIr): Traits {
  const rates: Extract<GuardIr, { kind: "rateLimit" }>[] = [];
  let separates = false;
  for (const state of Object.values(ir.states)) {
    for (const transition of Object.values(state.transitions)) {
      for (const guard of everyGuard([
        ...transition.guards,
        ...transition.branches.map((branch) => branch.when),
      ])) {
        if (guard.kind === "separation") separates = true;
        if (guard.kind === "rateLimit") rates.push(guard);
      }
    }
  }
  return { separates, rates };
}

/** Who did what, from a journal. */
export function performersOf(journal: readonly Operation[]): (transition: string) => readonly string[] {
  const byTransition = new Map<string, Set<string>>();
  for (const operation of journal) {
    if (operation.status !== "committed" || operation.error !== undefined) continue;
    const subjects = byTransition.get(operation.transition) ?? new Set();
    for (const subject of [operation.actor.subject, ...(operation.decision?.approvers ?? [])])
      subjects.add(subject);
    byTransition.set(operation.transition, subjects);
  }
  return (transition) => [...(byTransition.get(transition) ?? [])];
}

/** The principals that a step of this instance can be judged for. */
export function judgedPrincipals(startedBy: Principal, caller: Principal | undefined): readonly Principal[] {
  return caller === undefined || caller.subject === startedBy.subject ? [startedBy] : [startedBy, caller];
}

function* everyGuard(guards: readonly GuardIr[]): Generator<GuardIr> {
  for (const guard of guards) {
    yield guard;
    if (guard.kind === "allOf" || guard.kind === "anyOf") yield* everyGuard(guard.guards);
    if (guard.kind === "not") yield* everyGuard([guard.guard]);
  }
}
