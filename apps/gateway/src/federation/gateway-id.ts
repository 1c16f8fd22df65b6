import type { GatewayPlan } from "@mcp-flowgate/core";

/** What a gateway is known by to others: the same for all replicas of one configuration. It says nothing of what is in it. */
export function gatewayId(plan: GatewayPlan): string {
  return `gw_${plan.hash.slice(0, 16)}`;
}
