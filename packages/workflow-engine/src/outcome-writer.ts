import {
  FlowgateError,
  type Clock,
  type Digest,
  type Log,
  type Operation,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import type { Dispatch } from "./dispatch.ts";
import { keepAny } from "./kept.ts";
import type { Library, Opened } from "./library.ts";
import type { EngineLimits } from "./limits.ts";
import type { Outcome } from "./settle.ts";
import { sleep } from "./sleep.ts";
import { transition } from "./transition.ts";
import type { Work } from "./work.ts";

/**
 * Writes how effects ended, whatever it takes.
 *
 * O1 An outcome is written only with the fence of its claim. Where that is lost, it is kept as a late result and
 *    changes nothing (W7).
 * O2 An outcome that the store or the audit trail does not take is held and tried again; it is never dropped while
 *    the process lives, and never performed again.
 * O3 A commit whose answer was lost is looked up before anything else is done. Where it is there, so is the claim of the next
 *    step, which nobody has sent anything of.
 */
export interface OutcomeWriter {
  /** The draft that was committed, or nothing where the fence is lost. */
  write(opened: Opened, dispatch: Dispatch, result: EffectResult, how: HowToWrite): Promise<Work | undefined>;
}

/** How an attempt ended, and what it did to its circuit breaker. */
export interface EffectResult {
  readonly outcome: Outcome;
  readonly circuit?: "opened" | "closed";
}

export interface HowToWrite {
  /** The instance may have changed since it was opened. */
  readonly isStale: boolean;
  /** Performs what of the draft has to be performed before its batch. */
  readonly prepare: (work: Work) => Promise<void> | undefined;
  /** Called with what a commit has claimed, where its answer was lost and the fence has moved on. */
  readonly onDoubt: (claimed: Operation) => void;
  /** Called when the outcome cannot be written for now. */
  readonly onStuck?: ((error: FlowgateError) => void) | undefined;
}

export interface OutcomeWriterDeps {
  readonly store: WorkflowStore;
  readonly library: Library;
  readonly workOf: (opened: Opened, caller: Operation["actor"]) => Work | Promise<Work>;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly limits: EngineLimits;
  readonly log: Log;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 5000;

export function createOutcomeWriter(deps: OutcomeWriterDeps): OutcomeWriter {
  return new HoldingWriter(deps);
}

class HoldingWriter implements OutcomeWriter {
  readonly #deps: OutcomeWriterDeps;

  constructor(deps: OutcomeWriterDeps) {
    this.#deps = deps;
  }

  async write(
    opened: Opened,
    dispatch: Dispatch,
    result: EffectResult,
    { isStale, prepare, onStuck, onDoubt }: HowToWrite,
  ): Promise<Work | undefined> {
    const { store, library, clock, log } = this.#deps;
    const { operation } = dispatch;
    let current = opened;
    let stale = isStale;
    const doubtful: Operation[] = [];
    for (let delay = FIRST_RETRY_MS; ; delay = Math.min(2 * delay, LAST_RETRY_MS)) {
      try {
        if (stale) {
          const fresh = await library.open(operation.workflowId);
          if (fresh?.aggregate.instance.fence !== operation.fence) {
            for (const claimed of doubtful) onDoubt(claimed);
            return await this.#lostFence(operation, result.outcome);
          }
          current = fresh;
        }
        const work = await this.#deps.workOf(current, operation.actor);
        if (result.circuit !== undefined) noteCircuit(work, operation, result.circuit);
        transition(work, { kind: "settled", dispatch, outcome: result.outcome });
        await prepare(work);
        const claimed = work.dispatch?.operation;
        const applied = await store.apply(work.batch()).catch((thrown: unknown) => {
          if (claimed !== undefined) doubtful.push(claimed);
          throw thrown;
        });
        if (applied.status === "applied") return work;
        stale = true;
      } catch (thrown) {
        const error = FlowgateError.from(thrown);
        // A fault of ours would only repeat itself; recovery finds the operation by its deadline.
        if (error.code === "INTERNAL") throw error;
        log.warn("an outcome could not be written and is held", {
          workflowId: operation.workflowId,
          operationId: operation.id,
          code: error.code,
        });
        onStuck?.(error);
        stale = true;
        await sleep(clock, delay);
      }
    }
  }

  /** The fence has moved on: by our own commit whose answer was lost (O3), or by another's takeover (O1). */
  async #lostFence(operation: Operation, outcome: Outcome): Promise<undefined> {
    const { store, digest, limits } = this.#deps;
    const present = await store.operation(operation.id);
    if (present === undefined || (present.fence === operation.fence && present.status !== "running"))
      return undefined;
    const result = outcome.status === "succeeded" ? outcome.output : { status: outcome.status };
    const kept = keepAny(operation.workflowId, result, limits, digest);
    await store.apply({
      expect: {},
      lateResults: [{ operationId: operation.id, result: kept.value }],
      ...(kept.blob === undefined ? {} : { blobs: [kept.blob] }),
      audit: [
        {
          type: "operation.fenced",
          at: store.now(),
          workflowId: operation.workflowId,
          operationId: operation.id,
          correlationId: operation.correlationId,
          payload: { transition: operation.transition, fence: operation.fence, attempt: operation.attempt },
        },
      ],
    });
    return undefined;
  }
}

function noteCircuit(work: Work, operation: Operation, circuit: "opened" | "closed"): void {
  const { transition: name, candidate } = operation;
  const type = circuit === "opened" ? "circuit.opened" : "circuit.closed";
  work.audit(type, { transition: name, candidate }, { operation });
}
