import type { GuardIr, Principal } from "@mcp-flowgate/core";
import { grants } from "./grants.ts";

/** What is known of a caller beforehand. */
type Caller = Pick<Principal, "roles" | "permissions">;

/**
 * Whether a guard can pass for a caller, whatever the arguments, the context, the evidence and the time. Only what hangs
 * on the caller alone decides: any other guard may pass later.
 */
export function mayPass(guard: GuardIr, caller: Caller): boolean {
  switch (guard.kind) {
    case "permission":
      return grants(caller.permissions, guard.permission);
    case "role":
      return caller.roles.includes(guard.role);
    case "allOf":
      return guard.guards.every((inner) => mayPass(inner, caller));
    case "anyOf":
      return guard.guards.some((inner) => mayPass(inner, caller));
    case "not":
      return !mustPass(guard.guard, caller);
    default:
      return true;
  }
}

/** Whether a guard is true for this caller whatever happens. */
function mustPass(guard: GuardIr, caller: Caller): boolean {
  switch (guard.kind) {
    case "permission":
    case "role":
      return mayPass(guard, caller);
    case "allOf":
      return guard.guards.every((inner) => mustPass(inner, caller));
    case "anyOf":
      return guard.guards.some((inner) => mustPass(inner, caller));
    case "not":
      return !mayPass(guard.guard, caller);
    default:
      return false;
  }
}
