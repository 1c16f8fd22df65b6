import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A child process, and the lines that it said so far. */
export interface Child {
  readonly process: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves with the first line, from now or before, that begins with `prefix`. Rejects where the child ends without it. */
  said(prefix: string): Promise<string>;
  /** Resolves with the exit code, or the name of the signal, once all lines are in. */
  readonly ended: Promise<number | string>;
}

/** Runs a program of the sources with these arguments. Who starts it ends it. */
export function startProgram(program: string, ...given: readonly string[]): Child {
  const child = spawn(process.execPath, ["--conditions=@mcp-flowgate/source", program, ...given], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "flowgate-child-compile-cache") },
  });
  const lines: string[] = [];
  let check: (() => void)[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => {
    lines.push(line);
    for (const run of check) run();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  return {
    process: child,
    lines,
    ended,
    async said(prefix) {
      const found = (): string | undefined => lines.find((line) => line.startsWith(prefix));
      const heard = new Promise<string>((resolve) => {
        const run = (): void => {
          const line = found();
          if (line === undefined) return;
          check = check.filter((other) => other !== run);
          resolve(line);
        };
        check.push(run);
        run();
      });
      const silent = ended.then((how) => {
        const line = found();
        if (line !== undefined) return line;
        throw new Error(`the child ended with ${how} before it said ${prefix}: ${lines.join(" | ")}`);
      });
      return await Promise.race([heard, silent]);
    },
  };
}
