import type { ServerResponse } from "node:http";
import type { Json } from "@mcp-flowgate/core";

export function respondJson(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Metrics in the exposition format of Prometheus. */
export function respondMetrics(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  response.end(text);
}

/** A refusal in the form that MCP clients read on every path. */
export function respondRpcError(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): void {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    // What is left of a body that is too large is not read.
    ...(status === 413 ? { connection: "close" } : {}),
  };
  response.writeHead(status, headers);
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id }));
}
