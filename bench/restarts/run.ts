/**
 * Kills an MCP server over and over and counts what is left: each turn calls it, then it ends in one of four ways, and
 * the next call starts it again: killed while idle; killed with a child of its own that goes on; dead in the middle of a
 * call; and, every hundredth turn, killed with a child that ignores SIGTERM. Ends with 1 where a process is left, where a
 * call after an end is not answered, or where this process keeps descriptors.
 *
 * Usage: `node --conditions=@mcp-flowgate/source bench/restarts/run.ts [restarts]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { McpStdioConnectionIr } from "@mcp-flowgate/core";
import { createMcpConnections } from "@mcp-flowgate/executor-mcp";

const restarts = Number(process.argv[2] ?? 200);
const MARK = `FLOWGATE_RESTARTS=${process.pid}`;
const SERVER = fileURLToPath(new URL("server.mjs", import.meta.url));
const ENDS = ["idle", "bear", "die"] as const;

const server: McpStdioConnectionIr = {
  kind: "mcp",
  transport: "stdio",
  name: "killed",
  tags: [],
  command: process.execPath,
  args: [SERVER],
  env: { FLOWGATE_RESTARTS: String(process.pid) },
  inheritEnv: ["PATH"],
};
const quiet = (): void => undefined;
const connections = createMcpConnections({
  directory: { get: (name) => (name === server.name ? server : undefined) },
  hostEnv: process.env,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  clientInfo: { name: "soak", version: "1.0.0" },
});

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`);
await call("echo");
const before = { descriptors: descriptors(), memory: process.memoryUsage.rss(), cpu: process.cpuUsage() };
let unanswered = 0;
let lost = 0;
let most = 0;
for (let turn = 1; turn <= restarts; turn++) {
  const end = turn % 100 === 0 ? "stubborn" : (ENDS[turn % ENDS.length] ?? "idle");
  const { pid } = connections.status()[0] ?? {};
  if (end !== "idle" && (await call(end)) === (end === "die")) unanswered++;
  if (end === "die") lost++;
  else if (pid !== undefined) process.kill(pid, "SIGKILL");
  if (!(await call("echo"))) {
    // What was sent while the process was dying is lost with it; what is sent afterwards is not.
    lost++;
    if (!(await call("echo"))) unanswered++;
  }
  most = Math.max(most, turn % 50 === 0 ? marked().length : 0);
  if (turn % 1000 === 0) console.log(`${turn} restarts, ${marked().length} processes now`);
}
const { starts } = connections.status()[0] ?? { starts: 0 };
await connections.close();
// The watch over orphans ends when its input does.
for (let look = 0; look < 100 && children().length > 0; look++) await wait(50);
const left = [...marked(), ...children()];
const kept = descriptors() - before.descriptors;
const { user, system } = process.cpuUsage(before.cpu);
const grown = (process.memoryUsage.rss() - before.memory) / 1024 / 1024;
console.log(
  `${restarts} restarts, ${starts} starts: ${left.length} processes left, at most ${most} at once, ${lost} calls lost with ` +
    `the process they were sent to, ${unanswered} unanswered afterwards, ${Math.max(0, kept)} descriptors kept, memory ` +
    `${grown.toFixed(1)} MB more, ${((user + system) / 1000 / restarts).toFixed(2)} ms of CPU for each`,
);
if (left.length > 0 || unanswered > 0 || kept > 5 || starts <= restarts) process.exitCode = 1;

async function call(tool: string): Promise<boolean> {
  const signal = AbortSignal.timeout(60_000);
  return (await connections.call(server.name, { tool, arguments: {}, meta: {}, signal })).ok;
}

/** Processes of any parent that were started by this run's servers. */
function marked(): readonly string[] {
  return processes().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(MARK));
}

function children(): readonly string[] {
  return processes().filter((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === process.pid;
  });
}

function processes(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
