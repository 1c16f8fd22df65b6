/* A process that has children and is killed. Arguments: the server's file, and the file it writes its process id to. */
import { createMcpConnections } from "@mcp-flowgate/executor-mcp";
import type { McpStdioConnectionIr } from "@mcp-flowgate/core";

const [file = "", journal = ""] = process.argv.slice(2);
const toServer = (name: string, mode: string): McpStdioConnectionIr => ({
  kind: "mcp",
  transport: "stdio",
  name,
  tags: [],
  command: process.execPath,
  args: [file, mode, journal],
  env: {},
  inheritEnv: ["PATH"],
});
const servers = [toServer("a", "plain"), toServer("b", "unstoppable"), toServer("c", "unstoppable")];
const quiet = (): void => undefined;
const connections = createMcpConnections({
  directory: { get: (name) => servers.find((server) => server.name === name) },
  hostEnv: process.env,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  clientInfo: { name: "host", version: "1" },
});
for (const { name } of servers) await connections.listTools(name, { signal: AbortSignal.timeout(20_000) });
process.stdout.write("ready\n");
setInterval(quiet, 1000);
