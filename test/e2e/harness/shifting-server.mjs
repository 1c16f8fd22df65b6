/*
 * A real stdio server whose tools are what a file says: `node shifting-server.mjs STATE [old]`, with STATE as
 * `{ name, notify, tools }`. When the file changes it says so to its client, if `notify`. Every call is noted in STATE.calls.
 */
import { appendFileSync, readFileSync, watchFile } from "node:fs";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";

const [, , file, era] = process.argv;
const state = () => JSON.parse(readFileSync(file, "utf8"));

function createShiftingServer() {
  const server = new Server(
    { name: state().name, version: "1.0.0" },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler("tools/list", () => ({ tools: state().tools }));
  server.setRequestHandler("tools/call", (request) => {
    const { name } = request.params;
    appendFileSync(`${file}.calls`, `${name}\n`);
    if (name === "crash") process.exit(7);
    return { content: [{ type: "text", text: `did ${name}` }] };
  });
  let before = JSON.stringify(state().tools);
  watchFile(file, { interval: 20, persistent: false }, () => {
    const now = state();
    const text = JSON.stringify(now.tools);
    if (text === before) return;
    before = text;
    if (now.notify !== false) void server.sendToolListChanged();
  });
  return server;
}

if (era === "old") await createShiftingServer().connect(new StdioServerTransport());
else serveStdio(createShiftingServer);
