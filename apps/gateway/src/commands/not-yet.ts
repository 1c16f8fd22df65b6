import type { GatewayPlan } from "@mcp-flowgate/core";

/** What a configuration asks for and this version does not do. */
export interface NotYet {
  /** Leaving it out would take a protection away: the gateway does not start. */
  readonly refused: readonly string[];
  /** Everything else works without it. */
  readonly ignored: readonly string[];
}

/** A setting that is accepted must have its effect, or the operator must hear that it has none. At present all have theirs. */
export function notYet(_plan: GatewayPlan): NotYet {
  return { refused: [], ignored: [] };
}
