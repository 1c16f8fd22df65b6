/** The server that is measured, in both eras: `echo`, and `slow`, which answers after the milliseconds it is given. */
import { setTimeout as wait } from "node:timers/promises";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

serveStdio(() => {
  const server = new Server({ name: "measured", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: ["echo", "slow"].map((name) => ({ name, inputSchema: { type: "object" as const } })),
  }));
  server.setRequestHandler("tools/call", async (request) => {
    const input = request.params.arguments ?? {};
    if (request.params.name === "slow") await wait(Number(input["ms"]));
    return { content: [{ type: "text", text: JSON.stringify(input) }], structuredContent: input };
  });
  return server;
});
