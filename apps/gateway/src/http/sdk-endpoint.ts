import type { IncomingMessage, ServerResponse } from "node:http";
import {
  toNodeHandler,
  type NodeIncomingMessageLike,
  type NodeServerResponseLike,
} from "@modelcontextprotocol/node";
import { createMcpHandler, isSpecType, type McpServerFactory } from "@modelcontextprotocol/server";
import type { Log } from "@mcp-flowgate/core";
import type { SpecTypeChecks } from "./direct-call.ts";

/** The SDK behind `node:http`. This module loads it: it is imported by the first request that needs it. */
export interface SdkEndpoint {
  /** @param body what was sent, parsed; left out where there is none. */
  serve(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void>;
  readonly isSpecType: SpecTypeChecks;
  close(): Promise<void>;
}

export function createSdkEndpoint(options: {
  readonly factory: McpServerFactory;
  readonly maxBodyBytes: number;
  /** Calls its argument when what is offered has changed. */
  readonly onCatalogueChange?: (listener: () => void) => () => void;
  readonly log: Log;
}): SdkEndpoint {
  const maxRequestBodySize = options.maxBodyBytes;
  const handler = createMcpHandler(options.factory, {
    maxRequestBodySize,
    onerror: (error) => options.log.debug("mcp", { error: error.message }),
  });
  const leave = options.onCatalogueChange?.(() => handler.notify.toolsChanged());
  const serve = toNodeHandler(handler, { maxRequestBodySize });
  return {
    // The adapter's types are Node's own written without `undefined`; they are the same objects.
    serve: (request, response, body) =>
      serve(request as NodeIncomingMessageLike, response as NodeServerResponseLike, body),
    isSpecType,
    async close() {
      leave?.();
      await handler.close();
    },
  };
}
