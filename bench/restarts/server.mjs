/*
 * The server that is killed: no more of the protocol than a call takes, and no library, so that starting it costs little
 * beside what is measured. `echo` answers; `bear` starts a child that outlives it, `stubborn` one that ignores SIGTERM
 * too; `die` ends in the middle of its own call.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const { protocolVersion } = params;
    answer(id, {
      protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "killed", version: "1.0.0" },
    });
  } else if (method === "tools/call") {
    if (params.name === "die") process.exit(3);
    if (params.name === "bear") spawn("sleep", ["600"], { stdio: "ignore" });
    if (params.name === "stubborn")
      spawn("sh", ["-c", "trap '' TERM; sleep 600; sleep 600"], { stdio: "ignore" });
    answer(id, { content: [{ type: "text", text: "ok" }] });
  } else if (id !== undefined) {
    const error = { code: -32_601, message: "Method not found" };
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  }
});
