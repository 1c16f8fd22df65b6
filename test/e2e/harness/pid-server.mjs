/*
 * A real stdio server that says which process it is. `slow` answers once the file that it is given exists.
 */
import { existsSync } from "node:fs";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const inputSchema = { type: "object", properties: { until: { type: "string" } } };

serveStdio(() => {
  const server = new Server({ name: "pid", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: ["pid", "slow"].map((name) => ({ name, inputSchema })),
  }));
  server.setRequestHandler("tools/call", async ({ params }) => {
    while (params.name === "slow" && !existsSync(params.arguments.until))
      await new Promise((done) => setTimeout(done, 5));
    return { content: [{ type: "text", text: String(process.pid) }] };
  });
  return server;
});
