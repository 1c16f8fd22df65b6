/**
 * The yardstick: one echo tool on the SDK alone, with nothing of ours, over stdio (default) or HTTP (`http`; the
 * port is printed on standard error).
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const TOOL = { name: "echo", description: "Echo", inputSchema: { type: "object" as const } };

function factory(): Server {
  const server = new Server({ name: "bare", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: [TOOL] }));
  server.setRequestHandler("tools/call", (request) => {
    const body = { output: request.params.arguments ?? {} };
    return { content: [{ type: "text", text: JSON.stringify(body) }], structuredContent: body };
  });
  return server;
}

if (process.argv[2] === "http") {
  const handle = toNodeHandler(createMcpHandler(factory));
  const server = createServer((request, response) => void handle(request as never, response as never));
  server.listen(0, "127.0.0.1", () =>
    console.error(`endpoint=http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
  );
  process.on("SIGTERM", () => process.exit(0));
} else {
  serveStdio(factory);
}
