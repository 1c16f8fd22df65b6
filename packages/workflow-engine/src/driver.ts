import type {
  ApplyResult,
  Definition,
  ExecutorContext,
  FlowgateError,
  Operation,
  Principal,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import type { DriveCaller } from "./caller-credentials.ts";
import type { Opened } from "./library.ts";
import type { WorkflowEvent } from "./transition.ts";
import type { StepEnv, View, Work } from "./work.ts";

/**
 * Owns the operations that this process is performing. Protocol: a draft whose event was admitted is given to
 * {@link Driver.drive}, which applies it, performs the effect that it leaves, settles that in the next draft, and so
 * on until the instance is at rest. Nothing else performs effects.
 *
 * D1 An effect is dispatched only after the batch that records its start was applied (W6), and only while the lease
 *    of this process is valid (W7). Where that has run out, or the answer to the batch was lost, the operation is claimed
 *    anew once it can be, if it is there and nobody else has taken it over by then.
 * D2 How it ended is written as `OutcomeWriter` says (O1 to O3).
 * D3 Whatever a drive has begun, {@link Driver.idle} waits for.
 */
export interface Driver {
  /** An instance with its pinned definition, or nothing. */
  open(workflowId: string): Promise<Opened | undefined>;
  /** An instance as this process left it, which others may have changed since ({@link Library.recall}). */
  recall(workflowId: string): Opened | undefined;
  /** Those that are there, by their ids. */
  openAll(workflowIds: readonly string[]): Promise<ReadonlyMap<string, Opened>>;
  /** A draft to judge and change, with what its guards need. */
  work(opened: Opened, caller?: Principal): Work | Promise<Work>;
  /** An instance as it stands, for an answer. */
  view(opened: Opened, caller?: Principal): View | Promise<View>;
  /** A draft that inserts an instance. */
  firstWork(definition: Definition, instance: WorkflowInstance): Work | Promise<Work>;
  drive(work: Work, options?: DriveOptions): Promise<Driven>;
  /** Lets an event happen to an instance, whoever else is at it; `make` may find that there is nothing to do. */
  happen(
    workflowId: string,
    make: (work: Work) => WorkflowEvent | undefined,
    options?: HappenOptions,
  ): Promise<Driven | undefined>;
  /** Takes up the signals of an instance as far as they can be now. */
  takeSignals(workflowId: string, options?: HappenOptions): Promise<Driven | undefined>;
  /** What another call of this process is doing with this operation. */
  running(operationId: string): Promise<Driven> | undefined;
  isBusy(workflowId: string): boolean;
  /** Stops the effect that this process is performing for an instance, as far as its executor can. */
  abort(workflowId: string, reason: string): void;
  /** Runs `task` without anybody waiting; {@link Driver.idle} waits for it. */
  background(task: () => Promise<unknown>): void;
  /** Resolves when nothing is performed and no background task runs. */
  idle(): Promise<void>;
  env(): StepEnv;
}

export interface DriveOptions {
  readonly onProgress?: ExecutorContext["onProgress"];
  readonly caller?: DriveCaller;
  /** Of the caller. It ends what cannot have effects; anything else goes on. */
  readonly signal?: AbortSignal;
  /** Called when an outcome cannot be written for now. */
  readonly onStuck?: (error: FlowgateError) => void;
  /** Called when the store has answered to the first batch. */
  readonly onBegun?: () => void;
}

export interface HappenOptions extends DriveOptions {
  /** The instance as it was read just now. */
  readonly opened?: Opened | undefined;
}

/** How far a drive came. */
export type Driven =
  | Exclude<ApplyResult, { readonly status: "applied" }>
  /**
   * The instance is at rest, or another has taken it over (`isLost`). `ended` are the operations that this process
   * brought to an end.
   */
  | {
      readonly status: "rest";
      readonly opened: Opened;
      readonly ended: readonly Operation[];
      readonly isLost?: true;
    };

/** Whether another has gone on with an instance, and brought it to rest. */
export function isOver(driven: Extract<Driven, { readonly status: "rest" }>): boolean {
  return driven.isLost === true && driven.opened.aggregate.instance.operationId === undefined;
}
