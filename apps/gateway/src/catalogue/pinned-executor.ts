import type { Executor, ExecutorFailure } from "@mcp-flowgate/core";
import type { Pins } from "./pins.ts";

/**
 * Puts the lock file between workflows and the tools of pinned connections: what is called is what was pinned, also
 * for instances that began before a tool changed, and on sessions that a restart has just begun.
 *
 * @param verify Lists a connection and has the listing judged; answers why that was not possible.
 */
export function holdToPins(
  executor: Executor,
  pins: Pins,
  verify: (connection: string, signal: AbortSignal) => Promise<ExecutorFailure | undefined>,
): Executor {
  return {
    ...executor,
    async execute(call, context) {
      if (call.kind !== "mcp" || pins.mode(call.connection) !== "block")
        return await executor.execute(call, context);
      if (!pins.isJudged(call.connection)) {
        const failure = await verify(call.connection, context.signal);
        if (failure !== undefined) return failure;
      }
      const reason = pins.refusal(call.connection, call.tool);
      if (reason === undefined) return await executor.execute(call, context);
      return {
        status: "failed",
        effect: "not_sent",
        errorClass: "permanent",
        message: `${call.connection}.${call.tool} is blocked, it is not as it was pinned: ${reason}. Somebody has to look at it (\`mcp-flowgate pin\`).`,
      };
    },
  };
}
