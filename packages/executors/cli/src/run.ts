import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "./command.ts";
import { createOutputCapture } from "./output-capture.ts";
import type { Captured, OutputCapture } from "./output-capture.ts";
import { endProcessGroup, endWithThisProcess } from "@mcp-flowgate/outbound";

/** How a command ended. */
export type Run =
  /** The process never existed. */
  | { readonly kind: "not_started"; readonly code: string }
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly stdout: Captured;
      readonly stderr: Captured;
    }
  /** Ended by a signal that we did not send. */
  | { readonly kind: "killed"; readonly signal: string; readonly stdout: Captured; readonly stderr: Captured }
  /** Ended by us. */
  | { readonly kind: "aborted"; readonly stdout: Captured; readonly stderr: Captured };

export interface RunOptions {
  readonly stdin?: string;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** How long the output may stay open after the command itself has exited, held by something that it left behind. */
const DRAIN_MS = 1000;

/**
 * Runs a command in a process group of its own, without a shell. When it resolves, no process of the group is left:
 * what a command leaves running in its group is ended with it.
 */
export async function run(command: Command, options: RunOptions): Promise<Run> {
  let child: ChildProcess;
  try {
    child = spawn(command.command, command.args, {
      cwd: command.workingDirectory,
      env: command.env,
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
      shell: false,
      windowsHide: true,
    });
  } catch (thrown) {
    return { kind: "not_started", code: toCode(thrown) };
  }
  const stdout = createOutputCapture(options.maxOutputBytes);
  const stderr = createOutputCapture(options.maxOutputBytes);
  child.stdout?.on("data", (chunk: Buffer) => consume(chunk, stdout));
  child.stderr?.on("data", (chunk: Buffer) => consume(chunk, stderr));
  // Windows has no process groups.
  const release =
    child.pid === undefined || process.platform === "win32" ? undefined : endWithThisProcess(child.pid);
  // A command need not read its input: a closed pipe is no failure.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.stdin);

  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = await new Promise<"aborted" | "exited" | { readonly code: string }>((resolve) => {
    const onAbort = (): void => resolve("aborted");
    child.once("error", (error) => resolve(child.pid === undefined ? { code: toCode(error) } : "exited"));
    child.once("exit", () => resolve("exited"));
    options.signal.addEventListener("abort", onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    void closed.then(() => options.signal.removeEventListener("abort", onAbort));
  });
  if (typeof ended === "object") return { kind: "not_started", code: ended.code };

  const pid = child.pid as number;
  if (ended === "aborted") {
    await endChild(child, pid, options.graceMs);
  } else {
    await Promise.race([
      closed,
      wait(DRAIN_MS, undefined, { signal: options.signal }).catch(() => undefined),
    ]);
    await endChild(child, pid, options.graceMs);
  }
  release?.();
  child.stdout?.destroy();
  child.stderr?.destroy();
  const kept = { stdout: stdout.take(), stderr: stderr.take() };
  if (ended === "aborted") return { kind: "aborted", ...kept };
  return child.exitCode === null
    ? { kind: "killed", signal: child.signalCode ?? "unknown", ...kept }
    : { kind: "exited", exitCode: child.exitCode, ...kept };
}

/**
 * Gives the memory of a chunk back at once. Left to the garbage collector, a command that prints a gigabyte costs some
 * seventy megabytes for a while. Only a chunk that is the whole of its buffer is ours alone.
 */
function consume(chunk: Buffer, capture: OutputCapture): void {
  capture.add(chunk);
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}

async function endChild(child: ChildProcess, pid: number, graceMs: number): Promise<void> {
  if (process.platform === "win32") {
    // Windows has no process groups: only the command itself can be ended.
    child.kill();
    return;
  }
  await endProcessGroup(pid, graceMs);
}

function toCode(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
