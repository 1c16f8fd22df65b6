import type { GatewayPlan, Principal } from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";

/** Who may read `/metrics`. */
const PERMISSION = "gateway.metrics";

/**
 * Metrics name definitions, connections and queues. Where callers are told apart, reading them takes the permission
 * `gateway.metrics`; where everybody is the same caller, there is nobody to keep them from.
 */
export function createMetricsAccess(plan: Pick<GatewayPlan, "identity">): (principal: Principal) => boolean {
  const isOpen = (): boolean => plan.identity.every(({ kind }) => kind === "anonymous" || kind === "local");
  return ({ permissions }) => isOpen() || grants(permissions, PERMISSION);
}
