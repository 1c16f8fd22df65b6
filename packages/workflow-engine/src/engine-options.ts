import type {
  Clock,
  Definition,
  Digest,
  Executor,
  ExecutorKind,
  Ids,
  Log,
  WorkflowStore,
} from "@mcp-flowgate/core";
import type { Schemas } from "@mcp-flowgate/json-schema";
import type { EngineLimits } from "./limits.ts";

/** What an engine is made of. It owns none of it: whoever makes them closes them. */
export interface EngineOptions {
  readonly store: WorkflowStore;
  /** By kind. Children (`workflow`) are the engine's own business. */
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  /** Definitions of the configuration as it is now. The store keeps those that instances are pinned to. */
  readonly definitions: DefinitionDirectory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly schemas: Schemas;
  readonly limits: EngineLimits;
  readonly log: Log;
  /** How long an equal call waits for the one that is running, in milliseconds. Default 30,000. */
  readonly joinMs?: number;
  /** The longest time between two looks at what is due, in milliseconds. Default 1000. */
  readonly sweepMs?: number;
}

export interface DefinitionDirectory {
  current(id: string): Definition | undefined;
  byHash(hash: string): Definition | undefined;
}
