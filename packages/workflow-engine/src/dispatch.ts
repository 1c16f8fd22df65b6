import type { ExecutorIr, Operation, ReliabilityIr, ResolvedCall } from "@mcp-flowgate/core";

/**
 * One effect that is to be performed. Unless it is `immediate` or `inline`, the batch that records its start must be
 * durable first (W6).
 */
export interface Dispatch {
  readonly operation: Operation;
  /** Left out where the step has no executor: `immediate`, it succeeds by itself. */
  readonly work?: { readonly call: ResolvedCall; readonly executor: ExecutorIr };
  readonly reliability: ReliabilityIr;
  /**
   * `immediate`: nothing is performed. `inline`: it changes nothing outside (noop, asking people), so it is performed
   * before the batch, which is then the only one. `recorded`: everything else.
   */
  readonly mode: "immediate" | "inline" | "recorded";
  /** What runs once people have approved: resolved when they are asked, so that what they see is what runs. */
  readonly gated?: ResolvedCall;
  /** A short wait before the attempt, held by this process. */
  readonly delayMs?: number;
}
