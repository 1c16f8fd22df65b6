import type { GuardIr, Principal } from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";
import type { CatalogueItem } from "../catalogue/catalogue.ts";

/**
 * Whether a caller could ever start an item. Only what hangs on the caller alone decides: a guard over context,
 * evidence or time may pass later, so it hides nothing.
 */
export function isVisible(
  item: CatalogueItem,
  principal: Principal,
  visibility: "all" | "byGuards",
): boolean {
  if (visibility === "all" || item.kind !== "capability") return true;
  return item.capability.guards.every((guard) => mayPass(guard, principal));
}

function mayPass(guard: GuardIr, principal: Principal): boolean {
  switch (guard.kind) {
    case "permission":
      return grants(principal.permissions, guard.permission);
    case "role":
      return principal.roles.includes(guard.role);
    case "allOf":
      return guard.guards.every((inner) => mayPass(inner, principal));
    case "anyOf":
      return guard.guards.some((inner) => mayPass(inner, principal));
    case "not":
      return !mustPass(guard.guard, principal);
    default:
      return true;
  }
}

/** Whether a guard is true for this caller whatever happens. */
function mustPass(guard: GuardIr, principal: Principal): boolean {
  switch (guard.kind) {
    case "permission":
    case "role":
      return mayPass(guard, principal);
    case "allOf":
      return guard.guards.every((inner) => mustPass(inner, principal));
    case "anyOf":
      return guard.guards.some((inner) => mustPass(inner, principal));
    case "not":
      return !mayPass(guard.guard, principal);
    default:
      return false;
  }
}
