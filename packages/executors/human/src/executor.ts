import type {
  ApprovalDraft,
  Executor,
  ExecutorContext,
  ExecutorOutcome,
  HumanCall,
  ResolvedCall,
} from "@mcp-flowgate/core";

/**
 * The executor of kind `human`: it asks, and so it never succeeds by itself. The outcome is always `waiting`, with a
 * draft of the approval; the engine writes the approval, and people decide it later.
 *
 * @example
 * const outcome = await createHumanExecutor().execute(call, context);
 * // { status: "waiting", approval: { queue: "finance", title: "pay on expense", quorum: 2, … } }
 */
export function createHumanExecutor(): Executor {
  return {
    kind: "human",
    execute: (call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome> =>
      Promise.resolve(
        call.kind === "human"
          ? { status: "waiting", approval: toApproval(call, context) }
          : {
              status: "failed",
              effect: "not_sent",
              errorClass: "permanent",
              message: `A call of kind ${call.kind} was given to the human executor.`,
            },
      ),
  };
}

function toApproval(call: HumanCall, context: ExecutorContext): ApprovalDraft {
  return {
    queue: call.queue,
    title: call.title ?? `${context.transition} on ${context.definitionId}`,
    ...(call.message === undefined ? {} : { message: call.message }),
    ...(call.form === undefined ? {} : { form: call.form }),
    assignees: call.assignees,
    quorum: call.quorum,
    allowRequester: call.allowRequester,
    ...(call.expiresMs === undefined ? {} : { expiresMs: call.expiresMs }),
  };
}
