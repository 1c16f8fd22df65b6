import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

// An MCP server that tells the secret in its environment in every way in which a call can end.
const secret = process.env.TOKEN;
serveStdio(() => {
  const server = new Server({ name: "telling", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: [{ name: "tell", inputSchema: { type: "object" } }],
  }));
  server.setRequestHandler("tools/call", async ({ params }) => {
    const how = params.arguments?.how;
    process.stderr.write(`asked to ${how}, with ${secret}\n`);
    if (how === "hang") await new Promise(() => setTimeout(() => {}, 60_000));
    if (how === "die") process.exit(1);
    const seen = { secret, rest: how === "flood" ? "x".repeat(1_500_000) : "" };
    const content = [{ type: "text", text: JSON.stringify(seen) }];
    return how === "refuse" ? { content, isError: true } : { content, structuredContent: seen };
  });
  return server;
});
