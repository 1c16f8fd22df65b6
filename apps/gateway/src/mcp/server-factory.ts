import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import type { CallerCredentials, JsonObject, Principal } from "@mcp-flowgate/core";
import { CANCEL_META } from "../federation/gateways.ts";
import type { Caller } from "../surface/answer.ts";
import type { Surface } from "../surface/surface.ts";
import { toCallToolResult } from "./call-tool-result.ts";

export interface McpIdentity {
  readonly name: string;
  readonly version: string;
}

/** One line for the model: it is sent once per connection. */
const INSTRUCTIONS =
  "Find what you need with gateway.search, run it with workflow.start, then follow the links of each answer.";

/**
 * Serves the seven tools over the SDK's protocol layer, in both eras. The low-level `Server` is used on purpose:
 * the tool list is fixed text and the arguments are checked by our own schemas, so that a malformed call is an
 * answer which the model can mend and not a protocol error.
 */
export function createMcpServer(
  surface: Surface,
  identity: McpIdentity,
  principalOf: (context: ServerContext) => Principal,
  credentialsOf: (context: ServerContext) => CallerCredentials | undefined = () => undefined,
): (context?: McpRequestContext) => Server {
  return () => {
    const server = new Server(identity, {
      capabilities: { tools: { listChanged: true } },
      instructions: INSTRUCTIONS,
    });
    server.setRequestHandler("tools/list", () => ({ tools: surface.tools() as never }));
    server.setRequestHandler("tools/call", async (request, context) => {
      const { name, arguments: args } = request.params;
      if (!surface.has(name)) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `Unknown tool "${name}". The tools are ${surface
            .tools()
            .map((tool) => tool.name)
            .join(", ")}.`,
        );
      }
      return toCallToolResult(
        await surface.call(
          name,
          (args ?? {}) as JsonObject,
          toCaller(context, principalOf(context), credentialsOf(context), surface),
        ),
      );
    });
    return server;
  };
}

function toCaller(
  context: ServerContext,
  principal: Principal,
  credentials: CallerCredentials | undefined,
  surface: Surface,
): Caller {
  const meta = context.mcpReq._meta;
  const token = meta?.progressToken;
  // What the protocol carries says more than what the connection carries: one connection serves many callers.
  const traceparent = meta?.["traceparent"] ?? context.http?.req?.headers.get("traceparent");
  // The two belong together: a state without its parent says nothing.
  const tracestate =
    meta?.["traceparent"] === undefined ? context.http?.req?.headers.get("tracestate") : meta["tracestate"];
  const cancels = meta?.[CANCEL_META];
  let sent = 0;
  return {
    principal,
    ...(credentials === undefined ? {} : { credentials }),
    correlationId: surface.newCorrelationId(),
    signal: () => context.mcpReq.signal,
    ...(typeof traceparent === "string" ? { traceparent } : {}),
    ...(typeof tracestate === "string" ? { tracestate } : {}),
    ...(typeof cancels === "string" ? { cancels } : {}),
    ...(token === undefined
      ? {}
      : {
          onProgress: ({ progress, total, message }) => {
            // The protocol wants a number that only grows; several steps of one call share this token.
            sent = Math.max(sent + 1, progress);
            const params = {
              progressToken: token,
              progress: sent,
              ...(total === undefined || total < sent ? {} : { total }),
              ...(message === undefined ? {} : { message }),
            };
            // A client that is gone does not get its progress; the step goes on.
            context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
          },
        }),
  };
}
