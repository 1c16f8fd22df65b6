import type { Executor, ExecutorContext, ExecutorOutcome, Json, ResolvedCall } from "@mcp-flowgate/core";
import { createRecord } from "@mcp-flowgate/core";
import type { McpServers } from "./connections.ts";
import { notSent } from "./failure.ts";
import { toExecutorFailure, toOutcome } from "./outcome.ts";

export interface McpExecutorOptions {
  /** Shared with whoever lists the tools; this executor does not close them. */
  readonly connections: McpServers;
}

/** Where the idempotency key of an effect travels in `params._meta`. */
const IDEMPOTENCY_KEY_META = "mcp-flowgate/idempotencyKey";

/**
 * The executor of kind `mcp`: one `tools/call` of a downstream server. Output: the result's `structuredContent`, else
 * `{ content, text, json }`; `text` joins its text blocks, `json` is their JSON value or null. A result marked as an error is
 * a permanent failure. Evidence: `mcp_tool_result`.
 */
export function createMcpExecutor(options: McpExecutorOptions): Executor {
  return {
    kind: "mcp",
    async execute(call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome> {
      if (call.kind !== "mcp") {
        return toExecutorFailure(
          notSent(`A call of kind ${call.kind} was given to the mcp executor.`, "permanent"),
        );
      }
      const meta = createRecord<Json>([[IDEMPOTENCY_KEY_META, context.idempotencyKey]]);
      if (context.traceparent !== undefined) meta["traceparent"] = context.traceparent;
      if (context.tracestate !== undefined) meta["tracestate"] = context.tracestate;
      const result = await options.connections.call(call.connection, {
        tool: call.tool,
        arguments: call.arguments,
        meta,
        signal: context.signal,
        ...(context.credentials === undefined ? {} : { credentials: context.credentials }),
        ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
      });
      return result.ok ? toOutcome(call, result.value) : toExecutorFailure(result.error);
    },
  };
}
