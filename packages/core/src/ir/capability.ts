import type { JsonObject } from "../json.ts";
import type { ExecutorIr } from "./executor.ts";
import type { GuardIr } from "./guard.ts";
import type { ReliabilityIr } from "./reliability.ts";

/** One thing that can be done, flattened: `wraps` chains are resolved, guards stand base first. */
export interface CapabilityIr {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  readonly examples: readonly string[];
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly executor: ExecutorIr;
  readonly guards: readonly GuardIr[];
  readonly reliability: ReliabilityIr;
  readonly source: CapabilitySource;
}

/**
 * Where title, description and schema come from. `imported` text was written by a downstream server: it is untrusted.
 * A declared capability that wraps an imported tool names it in `wraps`; what it leaves open is filled when the tool is listed.
 */
export type CapabilitySource =
  | {
      readonly kind: "declared";
      readonly wraps?: { readonly connection: string; readonly tool: string };
      /** Title, description or input schema are the wrapped tool's own. */
      readonly completed?: true;
    }
  | {
      readonly kind: "imported";
      readonly connection: string;
      readonly tool: string;
      readonly annotations?: JsonObject;
    };

/** One `proxy.import` entry: every listed tool that passes the globs becomes a capability `<prefix>.<tool>`. */
export interface ImportIr {
  readonly connection: string;
  readonly prefix?: string;
  /** Globs over tool names; empty means all. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly tags: readonly string[];
  readonly guards: readonly GuardIr[];
  readonly reliability: ReliabilityIr;
  readonly pin?: "warn" | "block";
}
