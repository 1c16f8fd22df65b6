import { canonicalJson, type Json } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";
import type { Rule } from "./rule.ts";

/** Branches that change nothing: FG412. */
export const checkBranches: Rule = ({ workflows, report, keyAt }) => {
  for (const [id, workflow] of Object.entries(workflows)) {
    for (const [stateName, state] of Object.entries(workflow.states)) {
      for (const [name, transition] of Object.entries(state.transitions)) {
        const base = `/workflows/${escapePointer(id)}/states/${escapePointer(stateName)}/transitions/${escapePointer(name)}/branches`;
        const seen = new Set<string>();
        const { branches } = transition;
        for (const [index, branch] of branches.entries()) {
          const pointer = `${base}/${index}`;
          const condition = canonicalJson(branch.when as unknown as Json);
          if (seen.has(condition)) {
            report("FG412", keyAt(`${pointer}/when`), "an earlier branch has the same condition", {
              pointer,
            });
          } else if (branches.slice(index).every(({ target }) => target === transition.target)) {
            report(
              "FG412",
              keyAt(`${pointer}/target`),
              "this branch leads where the transition leads anyway",
              { pointer },
            );
          }
          seen.add(condition);
        }
      }
    }
  }
};
