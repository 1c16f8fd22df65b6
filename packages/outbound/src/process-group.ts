import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Ends every process of a group: SIGTERM, then SIGKILL for what is left after `graceMs`. Resolves when none is left,
 * or half a second after SIGKILL (a process in an uninterruptible sleep cannot be waited for).
 *
 * @param leader Process id of the group's leader, which is the group's id. The kernel does not give the id to another
 * process while the group has members.
 */
export async function endProcessGroup(leader: number, graceMs: number): Promise<void> {
  if (!signalGroup(leader, "SIGTERM")) return;
  if (await isGone(leader, graceMs)) return;
  signalGroup(leader, "SIGKILL");
  await isGone(leader, 500);
}

/** False when the group has no member. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}

const leaders = new Set<number>();

/**
 * Ends a group with SIGKILL where this process exits while it runs, also by `process.exit`, which waits for nothing.
 * @returns call it when the group has ended.
 */
export function endWithThisProcess(leader: number): () => void {
  if (leaders.size === 0) process.on("exit", endAll);
  leaders.add(leader);
  return () => {
    leaders.delete(leader);
    if (leaders.size === 0) process.off("exit", endAll);
  };
}

function endAll(): void {
  for (const leader of leaders) signalGroup(leader, "SIGKILL");
}

async function isGone(leader: number, withinMs: number): Promise<boolean> {
  // The group's end has no event: its members need not be our children.
  const until = performance.now() + withinMs;
  for (let pause = 5; ; pause = Math.min(50, pause * 2)) {
    if (!signalGroup(leader, 0) || (await hasOnlyZombies(leader))) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    await wait(Math.min(pause, left));
  }
}

/**
 * Whether what is left of a group has ended already and only waits to be collected by its parent, which in a container may
 * take long or never happen. False where there is no `/proc` to tell.
 */
async function hasOnlyZombies(leader: number): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const names = await readdir("/proc").catch(() => []);
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // See proc(5): after the command in parentheses come state, parent and group.
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(group) === leader && state !== "Z" && state !== "X") return false;
  }
  return names.length > 0;
}
