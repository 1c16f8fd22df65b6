import type { JsonObject } from "../json.ts";
import type { ExecutorIr, HttpExecutorIr } from "./executor.ts";
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
      /** Those of the wrapped tool, once it was listed. */
      readonly annotations?: JsonObject;
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
  /** For an `http` connection: where its operations are described. */
  readonly openapi?: OpenApiSourceIr;
}

/** A document that was read with the configuration, or the path below the connection's base URL that it is fetched from. */
export type OpenApiSourceIr =
  | {
      readonly kind: "file";
      /** As it is written in the configuration. */
      readonly name: string;
      readonly operations: readonly OperationIr[];
    }
  | { readonly kind: "url"; readonly path: string };

/** An operation of an HTTP API that can be imported; its texts are those of the document. */
export interface OperationIr {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly inputSchema: JsonObject;
  readonly annotations: JsonObject;
  /** The request, for whatever connection imports it. */
  readonly executor: Omit<HttpExecutorIr, "connection">;
}
