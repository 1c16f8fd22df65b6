import type { GuardIr, Principal } from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";
import type { Engine } from "@mcp-flowgate/workflow-engine";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isVisible } from "../catalogue/visibility.ts";
import type { MissingPermissions } from "./step-up.ts";

/**
 * Looks at the guards of what a call would start or submit. What the caller may not know of has no guards: a refusal
 * must not tell that it exists.
 */
export function createMissingPermissions(parts: {
  readonly engine: Pick<Engine, "get">;
  readonly catalogue: Catalogue;
  readonly visibility: "all" | "byGuards";
}): MissingPermissions {
  const { engine, catalogue, visibility } = parts;
  return async (tool, args, principal) => {
    switch (tool.replace("_", ".")) {
      case "workflow.start": {
        const item = catalogue.item(String(args["definitionId"]));
        if (item?.kind !== "capability" || !isVisible(item, principal, visibility)) return [];
        return lacking(item.capability.guards, principal);
      }
      case "workflow.submit": {
        const { instance } = await engine.get(String(args["workflowId"]), principal);
        if (instance === undefined) return [];
        const states = catalogue.definitionByHash(instance.definitionHash)?.ir.states ?? {};
        const state = Object.hasOwn(states, instance.state) ? states[instance.state] : undefined;
        const name = String(args["transition"]);
        const transitions = state?.transitions ?? {};
        return Object.hasOwn(transitions, name) ? lacking(transitions[name]?.guards ?? [], principal) : [];
      }
      default:
        return [];
    }
  };
}

function lacking(guards: readonly GuardIr[], principal: Principal): readonly string[] {
  return guards.flatMap((guard) => {
    if (guard.kind === "allOf") return lacking(guard.guards, principal);
    return guard.kind === "permission" && !grants(principal.permissions, guard.permission)
      ? [guard.permission]
      : [];
  });
}
