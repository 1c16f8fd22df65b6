import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

// An MCP server whose one tool answers with what came beside its arguments.
serveStdio(() => {
  const server = new Server({ name: "meta", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: [{ name: "meta", inputSchema: { type: "object" } }],
  }));
  server.setRequestHandler("tools/call", (_request, context) => {
    const { traceparent, tracestate } = context.mcpReq._meta ?? {};
    const meta = { traceparent, tracestate };
    return { content: [{ type: "text", text: JSON.stringify(meta) }], structuredContent: meta };
  });
  return server;
});
