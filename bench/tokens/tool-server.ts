/**
 * An MCP server over stdio that offers the first tools of a file, as many as it is told, one JSON object a line, and answers every call with
 * one sentence: `tool-server.ts FILE COUNT`.
 */
import { readFileSync } from "node:fs";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { readTools } from "./tools.ts";

const [file = "", count = "500"] = process.argv.slice(2);
const tools = readTools(readFileSync(file, "utf8"), Number(count));

serveStdio(() => {
  const server = new Server({ name: "many-tools", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: [...tools] }));
  server.setRequestHandler("tools/call", (request) => ({
    content: [{ type: "text", text: `${request.params.name} did what it was asked.` }],
  }));
  return server;
});
