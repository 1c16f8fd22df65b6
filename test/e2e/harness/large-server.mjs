import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

// An MCP server whose answers are many megabytes large. What they are made of says where a slice of them belongs.
const rows = Array.from({ length: 30_000 }, (_, n) => ({ n, text: `row ${n} `.padEnd(80, "é") }));
const text = Array.from({ length: 400_000 }, (_, n) => `line ${n}`).join("\n");
const data = Buffer.alloc(4 * 1024 * 1024, "0123456789abcdef").toString("base64");

const ANSWERS = {
  report: { content: [{ type: "text", text: "see the rows" }], structuredContent: { id: "r-1", rows } },
  log: { content: [{ type: "text", text }] },
  picture: {
    content: [
      { type: "text", text: "a picture" },
      { type: "image", data, mimeType: "image/png" },
    ],
  },
  recording: {
    content: [
      { type: "audio", data, mimeType: "audio/wav" },
      {
        type: "resource",
        resource: { uri: "file:///all.bin", mimeType: "application/octet-stream", blob: data },
      },
    ],
    structuredContent: { seconds: 3 },
  },
};

serveStdio(() => {
  const server = new Server({ name: "large", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: Object.keys(ANSWERS).map((name) => ({ name, inputSchema: { type: "object" } })),
  }));
  server.setRequestHandler("tools/call", ({ params }) => ANSWERS[params.name]);
  return server;
});
