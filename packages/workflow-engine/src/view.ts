import type { Facts } from "./facts.ts";
import type { Opened } from "./library.ts";
import type { StepEnv, View } from "./work.ts";

/** An instance as it was read, for those who only look: nothing of a draft is made for them. */
export function createView({ definition, aggregate }: Opened, facts: Facts, env: StepEnv): View {
  const { instance, operation, evidence } = aggregate;
  return { definition, env, facts, instance, operation, evidence, approvals: () => aggregate.approvals };
}
