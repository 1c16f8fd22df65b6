import type { Principal } from "@mcp-flowgate/core";
import { mayPass } from "@mcp-flowgate/guards-expr";
import type { CatalogueItem } from "./catalogue.ts";

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
