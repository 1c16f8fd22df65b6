import type { Evidence } from "@mcp-flowgate/core";
import type { Scope } from "./scope.ts";

/** What a guard is judged by: values, the instance's records, and the time. */
export interface GuardScope {
  readonly values: Scope;
  /** All evidence of the instance. */
  readonly evidence: readonly Evidence[];
  /** The subjects that have done `transition` on this instance, as committed. */
  performers(transition: string): readonly string[];
  /** How many claims were counted under `key` in the last `perMs` milliseconds. */
  rate(key: string, perMs: number): number;
  readonly definitionId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
