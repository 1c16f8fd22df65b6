import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { Armed } from "./kill-points.ts";
import type { StoreSpec } from "./stores.ts";

/** What a replica is told first. */
export interface ReplicaSpec {
  readonly name: string;
  readonly store: StoreSpec;
  readonly sinkPort: number;
  readonly leaseMs: number;
  readonly operationMs?: number;
  readonly sweepMs?: number;
  readonly skewMs?: number;
  /** In the place of the store's: for how long a call of a lost process may still arrive. */
  readonly quarantineMs?: number;
  readonly kill?: Armed;
  readonly plant?: Plant;
}

/** That the executor of a replica was asked for an effect, and then what it said of it; by the clock of the machine. */
export interface Note {
  readonly key: string;
  readonly attempt: number;
  readonly at: number;
  readonly isProbe: boolean;
  /** What it took for what became of the effect, or another status. */
  readonly said?: string;
  /** Of a failure. */
  readonly message?: string;
}

/**
 * A bug that the oracle has to find. `rerun-once`, `rerun-reconcile`: what may have taken effect is taken for harmless.
 * `early-ack`: a commit is acknowledged before it is made. `lost-move`: a migration is recorded, and the instance stays
 * on its definition.
 */
export type Plant = "rerun-once" | "rerun-reconcile" | "early-ack" | "lost-move";

export type Caller = "agent" | "ann" | "bob" | "operator";

export interface SubmitArguments {
  readonly workflowId: string;
  readonly expectedVersion: number;
  readonly transition: string;
  readonly arguments: JsonObject;
}

export type CallBody =
  | { readonly kind: "start"; readonly request: { readonly input: JsonObject; readonly requestKey?: string } }
  | { readonly kind: "submit"; readonly request: SubmitArguments }
  | { readonly kind: "get" | "cancel"; readonly workflowId: string }
  | {
      readonly kind: "decide";
      readonly request: { readonly approvalId: string; readonly decision: "approve" | "reject" };
    }
  | {
      readonly kind: "resolve";
      readonly request: {
        readonly workflowId: string;
        readonly outcome: "executed" | "not_executed" | "abandon";
      };
    }
  /** Moves an instance to the other version of its workflow. */
  | { readonly kind: "migrate"; readonly workflowId: string }
  | { readonly kind: "pending" | "unknown" };

export type Call = CallBody & { readonly id: number; readonly as: Caller };

export interface Answer {
  readonly id: number;
  readonly status?: string;
  readonly workflowId?: string;
  readonly version?: number;
  readonly state?: string;
  readonly definitionHash?: string;
  readonly instanceStatus?: string;
  readonly output?: Json;
  readonly rels?: readonly string[];
  readonly chain?: readonly string[];
  readonly code?: string;
  readonly message?: string;
  readonly approvals?: readonly string[];
  /** Instances whose outcome is open, with the key of what may have happened. */
  readonly open?: readonly { readonly workflowId: string; readonly key: string }[];
  /** The engine threw, which it never should. */
  readonly threw?: string;
}
