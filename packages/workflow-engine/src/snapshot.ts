import type { Approval, Evidence, Json, JsonObject, WorkflowInstance } from "@mcp-flowgate/core";
import type { Refusal } from "./refusal.ts";

/** The words of an answer. See {@link Snapshot.status}. */
export type SnapshotStatus =
  | "started"
  | "waiting_for_action"
  | "executed"
  | "pending"
  | "completed"
  | "rejected"
  | "failed"
  | "timed_out"
  | "cancelled"
  | "outcome_unknown";

/** What the engine answers to every call: where the instance stands, what happened, and what can be done next. */
export interface Snapshot {
  /** Left out only where there is no instance: a start that was refused, an id that the caller may not know. */
  readonly instance?: WorkflowInstance;
  /**
   * `started` a start that waits for the caller; `waiting_for_action` a get; `executed` a step that advanced;
   * `pending` it waits for people, a child, a next attempt or another's operation; `completed`, `timed_out` and
   * `cancelled` the end; `rejected` nothing ran; `failed` an executor ran and failed; `outcome_unknown` nobody knows.
   */
  readonly status: SnapshotStatus;
  /** One or two sentences. */
  readonly message: string;
  /** The last executor output of this call; of a get, of the instance. */
  readonly output?: Json;
  /** Content blocks (images, audio, resources) that came with it. */
  readonly content?: readonly JsonObject[];
  readonly context: JsonObject;
  readonly guidance?: { readonly goal?: string; readonly instructions?: string };
  readonly links: readonly Link[];
  /** What the gateway did by itself in this call: chain steps and onEnter. */
  readonly chain: readonly ChainStep[];
  /** Of this call; of a get, all. */
  readonly evidence: readonly Evidence[];
  readonly approvals: readonly ApprovalRef[];
  /** Approvals of another gateway that the step waits for, as that gateway shows them. */
  readonly elsewhere: readonly JsonObject[];
  /** The instance at another gateway that this one stands for, once there is one. */
  readonly there?: { readonly connection: string; readonly tool: string; readonly workflowId: string };
  readonly error?: Refusal;
}

/** What can be called next. `args` can be sent back as they are. */
export interface Link {
  readonly rel: string;
  readonly title?: string;
  readonly description?: string;
  readonly method: "workflow.submit" | "workflow.get" | "workflow.start";
  readonly actor?: "agent" | "deterministic";
  readonly args: JsonObject;
  readonly inputSchema?: JsonObject;
}

export interface ChainStep {
  readonly fromState: string;
  readonly transition: string;
  readonly toState: string;
  /** After the step. */
  readonly version: number;
}

/** What people are asked, as the caller may know it. */
export type ApprovalRef = Pick<
  Approval,
  "id" | "kind" | "queue" | "title" | "transitions" | "status" | "requestedAt" | "expiresAt"
>;

/** An answer about no instance. */
export function refusedWithout(error: Refusal, links: readonly Link[] = []): Snapshot {
  return {
    status: error.code === "INTERNAL" ? "failed" : "rejected",
    message: error.message,
    context: {},
    links,
    chain: [],
    evidence: [],
    approvals: [],
    elsewhere: [],
    error,
  };
}
