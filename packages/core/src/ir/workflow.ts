import type { Json, JsonObject } from "../json.ts";
import type { ExecutorIr } from "./executor.ts";
import type { GuardIr } from "./guard.ts";
import type { ReliabilityIr } from "./reliability.ts";

export type Actor = "agent" | "human" | "system" | "deterministic";

/** Maps a name in the context to a value template over `$.output`, `$.arguments`, `$.context` and `$.workflow`. */
export type OutputMapping = { readonly [name: string]: Json };

export interface WorkflowIr {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  readonly examples: readonly string[];
  readonly version: string;
  readonly inputSchema?: JsonObject;
  readonly initialState: string;
  readonly initialContext: JsonObject;
  readonly timeoutMs?: number;
  readonly onTimeout?: TimeoutIr;
  readonly linkFilter: LinkFilter;
  readonly maxChainDepth: number;
  /** How long a terminal instance is kept, in milliseconds. */
  readonly retentionMs?: number;
  readonly visibility: "owner" | "tenant";
  /**
   * The transition that carries every step of an instance that goes on at another gateway, once it has left its initial
   * state. Versions are counted there: what a caller expects is one more than the version there.
   */
  readonly relay?: string;
  readonly states: { readonly [name: string]: StateIr };
}

export type LinkFilter = "all" | "byGuards";

export interface StateIr {
  readonly description?: string;
  readonly goal?: string;
  readonly guidance?: string;
  readonly terminal: boolean;
  /** Of a terminal state. */
  readonly outcome: "success" | "failure";
  readonly onEnter?: OnEnterIr;
  readonly linkFilter?: LinkFilter;
  readonly timeoutMs?: number;
  readonly onTimeout?: TimeoutIr;
  /** In declaration order. */
  readonly transitions: { readonly [name: string]: TransitionIr };
}

export interface OnEnterIr {
  readonly executor: ExecutorIr;
  readonly output: OutputMapping;
  readonly reliability: ReliabilityIr;
  readonly onFailure?: { readonly target: string };
}

export interface TimeoutIr {
  readonly target: string;
  readonly executor?: ExecutorIr;
  readonly output?: OutputMapping;
}

export interface TransitionIr {
  readonly title?: string;
  readonly description?: string;
  readonly target: string;
  readonly actor: Actor;
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly guards: readonly GuardIr[];
  /** Left out, the transition has no effect outside: claim and commit are one. */
  readonly executor?: ExecutorIr;
  readonly output: OutputMapping;
  /** Kinds of evidence that a successful run records, besides what its executor brings. */
  readonly evidence: readonly string[];
  readonly reliability: ReliabilityIr;
  readonly prefill: { readonly [name: string]: Json };
  readonly branches: readonly { readonly when: GuardIr; readonly target: string }[];
  readonly compensate?: { readonly executor: ExecutorIr };
  /** Where an operation whose outcome stays unknown goes, instead of waiting for a person. */
  readonly onUnknown?: { readonly target: string };
}

/** A definition and the SHA-256 (hex) of its canonical JSON. Instances are pinned to the hash. */
export interface Definition {
  readonly hash: string;
  readonly ir: WorkflowIr;
}
