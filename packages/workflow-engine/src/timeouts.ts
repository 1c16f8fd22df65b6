import type { JsonObject, Timer } from "@mcp-flowgate/core";
import { systemOf } from "./access.ts";
import { park, stateOf } from "./advance.ts";
import { claim } from "./claim.ts";
import { endFailed } from "./commit.ts";
import { cancelChild, mayPreempt, preempt } from "./preempt.ts";
import { expireApproval } from "./settle-approval.ts";
import { currentStep } from "./settle.ts";
import { TIMEOUT_NAMES } from "./step.ts";
import type { Work } from "./work.ts";

/**
 * Fires a timer that is due. A deadline is an ordinary transition: the target's onEnter and chain run. It ends what
 * the instance was waiting for; what is running, or uncertain, or parked with its result, is never cut across: the
 * timer then stays armed and is fired as soon as that is over, so exactly one of timer and operation commits (W11).
 *
 * @returns false where the timer has to wait.
 */
export function fireTimer(work: Work, timer: Timer, correlationId: string): boolean {
  switch (timer.kind) {
    case "workflow":
    case "state":
      if (!mayPreempt(work)) return false;
      work.disarm(timer.id, "fired");
      fireDeadline(work, timer.kind, correlationId);
      return true;
    case "approval": {
      work.disarm(timer.id, "fired");
      const approval = work.approvals().find(({ id }) => id === timer.approvalId);
      if (approval?.status === "pending") expireApproval(work, approval);
      return true;
    }
    case "child":
      work.disarm(timer.id, "fired");
      giveUpChild(work, timer);
      return true;
    default:
      return timer.kind satisfies never;
  }
}

function fireDeadline(work: Work, kind: "workflow" | "state", correlationId: string): void {
  const because = `the ${kind === "workflow" ? "workflow's" : "state's"} deadline has passed`;
  preempt(work, because);
  const timeout = kind === "workflow" ? work.definition.ir.onTimeout : stateOf(work).onTimeout;
  const { state, version } = work.instance;
  work.audit(
    "workflow.timed_out",
    { kind, state, version, target: timeout?.target ?? null },
    { correlationId },
  );
  const request = {
    slot: "timeout" as const,
    transition: TIMEOUT_NAMES[kind],
    actor: systemOf(work),
    correlationId,
  };
  const args: JsonObject = {};
  const begun = claim(work, { ...request, arguments: args });
  if (!begun.ok)
    park(work, `${because}, but ${begun.error.message}`, { slot: "timeout", transition: request.transition });
}

/** A child that takes too long is told to stop, and the step has failed. */
function giveUpChild(work: Work, timer: Timer): void {
  const { operation } = work;
  if (operation === undefined || operation.id !== timer.operationId || operation.status !== "waiting") return;
  const message = "the sub-workflow did not end within its time";
  cancelChild(work, operation, message);
  const error = { code: "EXECUTOR_FAILED", errorClass: "timeout" as const, message };
  const failed = { ...operation, status: "failed" as const, error, finishedAt: work.env.now };
  work.audit(
    "sub_workflow.failed",
    { childId: operation.childId ?? null, outcome: "timed_out" },
    { operation },
  );
  endFailed(work, failed, currentStep(work, operation));
}
