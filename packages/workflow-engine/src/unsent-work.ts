import { FlowgateError, type Clock, type Log, type Operation, type WorkflowStore } from "@mcp-flowgate/core";
import type { Driver } from "./driver.ts";
import { sleep } from "./sleep.ts";
import type { WorkflowEvent } from "./transition.ts";
import type { Work } from "./work.ts";

/**
 * Operations that this process has claimed, or may have, and sent nothing of: its lease ran out before, or the answer to the
 * claim was lost. Without it nobody would be at them until their deadline, and a `once` would be open then.
 */
export interface UnsentWork {
  /** Claims it anew as soon as that can be done, if it is there, and nobody else has taken it over by then. */
  claimLater(operation: Operation): void;
}

/** Before each try. */
const PAUSE_MS = 100;

export function createUnsentWork({
  store,
  clock,
  log,
  driver,
}: {
  readonly store: WorkflowStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly driver: Pick<Driver, "happen" | "background">;
}): UnsentWork {
  const tryUntil = async (deadlineAt: number, claim: () => Promise<unknown>): Promise<void> => {
    while (store.now() < deadlineAt) {
      await sleep(clock, PAUSE_MS);
      if (clock.monotonic() >= store.lease().validUntil) continue;
      try {
        await claim();
        return;
      } catch (thrown) {
        const { code } = FlowgateError.from(thrown);
        if (code === "INTERNAL") throw thrown;
        log.debug("an operation cannot be claimed anew for now", { code });
      }
    }
  };
  return {
    claimLater({ id, workflowId, fence, deadlineAt }) {
      const make = ({ operation }: Work): WorkflowEvent | undefined =>
        operation?.id === id && operation.fence === fence && operation.status === "running"
          ? { kind: "unsent" }
          : undefined;
      driver.background(() => tryUntil(deadlineAt, () => driver.happen(workflowId, make)));
    },
  };
}
