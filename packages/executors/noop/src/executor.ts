import type { Executor, ExecutorContext, ExecutorOutcome, ResolvedCall } from "@mcp-flowgate/core";

/**
 * The executor of kind `noop`: its output is the call's arguments, unchanged, and it touches nothing.
 *
 * @example
 * const outcome = await createNoopExecutor().execute({ kind: "noop", arguments: { a: 1 } }, context);
 * // { status: "succeeded", output: { a: 1 }, evidence: [] }
 */
export function createNoopExecutor(): Executor {
  return {
    kind: "noop",
    execute: (call: ResolvedCall, _context: ExecutorContext): Promise<ExecutorOutcome> =>
      Promise.resolve(
        call.kind === "noop"
          ? { status: "succeeded", output: call.arguments, evidence: [] }
          : {
              status: "failed",
              effect: "not_sent",
              errorClass: "permanent",
              message: `A call of kind ${call.kind} was given to the noop executor.`,
            },
      ),
  };
}
