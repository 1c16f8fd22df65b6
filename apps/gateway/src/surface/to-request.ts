import type { CallContext } from "@mcp-flowgate/workflow-engine";
import type { Caller } from "./answer.ts";

/** What of a caller the engine has to know. */
export function toRequest(caller: Caller): Omit<CallContext, "signal"> {
  return {
    principal: caller.principal,
    correlationId: caller.correlationId,
    ...(caller.credentials === undefined ? {} : { credentials: caller.credentials }),
    ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
    ...(caller.onProgress === undefined ? {} : { onProgress: caller.onProgress }),
  };
}
