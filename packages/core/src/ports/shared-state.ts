import type { JsonObject } from "../json.ts";

/**
 * What the processes on one store agree on besides workflows: which of them live and what each runs, and what was
 * decided last about a subject. It holds no secrets and no configuration.
 *
 * - H1 A subject's `n` grows with each decision about it; of two at once one comes after the other.
 * - H2 A process is listed while it lives, and no longer than a lease after it ended.
 */
export interface SharedState {
  /** What this process says of itself, for the others to see. */
  report(about: JsonObject): Promise<void>;
  decide(subject: string, body: JsonObject): Promise<Decision>;
  look(): Promise<SharedView>;
}

export interface SharedView {
  /** The last one about each subject. */
  readonly decisions: readonly Decision[];
  /** In the order in which they started. */
  readonly replicas: readonly ReplicaInfo[];
}

export interface Decision {
  readonly subject: string;
  /** Counts from 1. */
  readonly n: number;
  readonly body: JsonObject;
  readonly decidedAt: number;
}

export interface ReplicaInfo {
  /** What people call it; need not be unique. */
  readonly replica: string;
  readonly epoch: number;
  readonly startedAt: number;
  readonly isSelf: boolean;
  /** Left out until it has reported. */
  readonly about?: JsonObject;
}
