/*
 * A process of its own that outlives the gateway by a moment. It is told which process groups the gateway has, line by
 * line: `+<leader>` and `-<leader>`. Its input ends when the gateway does, however that ends; then it gives the children
 * time to notice that their own input has ended too, and ends what is left.
 */
import { setTimeout as wait } from "node:timers/promises";

const NOTICE_MS = 1500;
const TERM_GRACE_MS = 2000;

const leaders = new Set<number>();
let rest = "";
process.stdin.setEncoding("utf8");
for await (const chunk of process.stdin) {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const leader = Number(line.slice(1));
    if (!Number.isSafeInteger(leader) || leader <= 1) continue;
    if (line.startsWith("+")) leaders.add(leader);
    else leaders.delete(leader);
  }
}
if (leaders.size > 0) {
  await wait(NOTICE_MS);
  signalAll("SIGTERM");
  if (leaders.size > 0) await wait(TERM_GRACE_MS);
  signalAll("SIGKILL");
}

/** Forgets groups without members. */
function signalAll(signal: NodeJS.Signals): void {
  for (const leader of leaders) {
    try {
      process.kill(-leader, signal);
    } catch {
      leaders.delete(leader);
    }
  }
}
