import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/**
 * Sees to it that no child outlives this process, even one that is killed without warning and whose children do not care
 * that their input has ended. One small process watches over all of them; it is started with the first child.
 */
export interface OrphanWatch {
  add(leader: number): void;
  remove(leader: number): void;
  close(): void;
}

export function createOrphanWatch(): OrphanWatch {
  const leaders = new Set<number>();
  let watcher: ChildProcess | undefined;

  const tell = (line: string): void => {
    watcher?.stdin?.write(`${line}\n`);
  };
  const start = (): void => {
    // Node runs the source as it is, and the build beside it.
    const file = import.meta.url.endsWith(".ts") ? "./orphan-watch-process.ts" : "./orphan-watch-process.js";
    const started = spawn(process.execPath, [new URL(file, import.meta.url).pathname], {
      stdio: ["pipe", "ignore", "ignore"],
      // A session of its own: signals that a terminal sends to the gateway's group must not reach it.
      detached: true,
      env: {},
      windowsHide: true,
    });
    watcher = started;
    const forget = (): void => {
      if (watcher === started) watcher = undefined;
    };
    started.once("exit", forget);
    started.on("error", forget);
    started.stdin.on("error", forget);
    started.unref();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a child's pipe is a socket, which has `unref`
    (started.stdin as unknown as { unref?: () => void }).unref?.();
    for (const leader of leaders) tell(`+${leader}`);
  };

  return {
    add(leader) {
      // Windows has no process groups.
      if (process.platform === "win32") return;
      leaders.add(leader);
      if (watcher === undefined) start();
      else tell(`+${leader}`);
    },
    remove(leader) {
      if (leaders.delete(leader)) tell(`-${leader}`);
    },
    close() {
      watcher?.stdin?.end();
      watcher = undefined;
    },
  };
}
