import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { isJsonObject, tryParseJson } from "@mcp-flowgate/core";
import { McpConnectionError, notSent } from "./failure.ts";
import { createLineReader } from "./line-reader.ts";
import type { OrphanWatch } from "./orphan-watch.ts";
import { endProcessGroup } from "@mcp-flowgate/outbound";
import { createRateBudget } from "./rate-budget.ts";

/*
 * Owns one child process that speaks JSON-RPC, one message a line, over its standard streams.
 *
 * 1. The child leads a process group. When `close` resolves, or after `onclose`, no process of the group is left.
 * 2. The child's standard input is a pipe of ours alone: it closes when this process dies, however it dies. A child that
 *    does not care is ended by the orphan watch, which knows of it from its start to the end of its group.
 * 3. Memory is bounded: a line over the limit ends the child, everything else is passed on or dropped at once.
 * 4. What nobody asked for (notifications, answers to no question, text that is not JSON-RPC) is read at a bounded rate:
 *    beyond it what was read is dropped, but for a word that the tools changed, and the pipe is left full, so that the child
 *    waits and not the gateway.
 * 5. What follows on a notification of progress is handed on a turn later: the SDK acts on a notification later than on an
 *    answer, and by then would have forgotten whose progress it is.
 */

export interface StdioTransportOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly cwd?: string;
  readonly maxMessageBytes: number;
  /** A line of standard error, without control characters. */
  readonly onErrorLine: (line: string) => void;
  /** Something on standard output that is not the protocol, or is too much of it. */
  readonly onNoise: (what: string, sample: string) => void;
  readonly orphans: OrphanWatch;
}

/** How a child ended. */
export interface ChildExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface StdioTransport extends Transport {
  /** Both are how the SDK recognizes a transport over standard streams. */
  readonly pid: number | null;
  readonly stderr: null;
  readonly exit: ChildExit | undefined;
}

/** Between closed input and SIGTERM, and between SIGTERM and SIGKILL. */
const INPUT_GRACE_MS = 1000;
const TERM_GRACE_MS = 2000;
/** How long output may stay open after the child itself has exited. */
const DRAIN_MS = 250;
const UNASKED_PER_SECOND = 250;
const UNASKED_BURST = 500;
const PAUSE_MS = 100;
const MAX_ERROR_LINE = 8192;
const MAX_ASKED = 10_000;

export function createStdioTransport(options: StdioTransportOptions): StdioTransport {
  let child: ChildProcess | undefined;
  let exit: ChildExit | undefined;
  let ended: Promise<void> = Promise.resolve();
  const asked = new Set<string | number>();
  /** The first is being handed on. */
  const waiting: JSONRPCMessage[] = [];
  /** A dropped word about the tools, for when reading goes on. */
  let lastChange: JSONRPCMessage | undefined;
  const unasked = createRateBudget(UNASKED_PER_SECOND, UNASKED_BURST);

  /** False where there are too many by now: what was just read is dropped, and reading waits. (4) */
  const spendUnasked = (): boolean => {
    if (unasked.spend()) return true;
    if (child?.stdout?.isPaused() !== false) return false;
    const output = child.stdout;
    output.pause();
    options.onNoise("more messages than anybody asked for", "");
    setTimeout(() => {
      const missed = lastChange;
      lastChange = undefined;
      if (missed !== undefined) enqueue(missed);
      // What came meanwhile as one: of small pieces each would be waited for as long as a large one.
      output.read();
      output.resume();
    }, PAUSE_MS).unref();
    return false;
  };

  const enqueue = (message: JSONRPCMessage): void => {
    waiting.push(message);
    if (waiting.length === 1) deliver();
  };

  const receive = (line: string): void => {
    const message = parse(line);
    if (message === undefined) {
      options.onNoise("a line that is not JSON-RPC", line.slice(0, 200));
      spendUnasked();
      return;
    }
    const isAnswer = !("method" in message);
    const id = (message as { readonly id?: unknown })["id"];
    if (isAnswer && !asked.delete(id as string | number)) {
      options.onNoise("an answer to no question", line.slice(0, 200));
      spendUnasked();
      return;
    }
    if (isAnswer || spendUnasked()) {
      enqueue(message);
    } else if ("method" in message && message.method === "notifications/tools/list_changed") {
      // Of many that say the same one is enough, but not none.
      lastChange = message;
    }
  };

  /** Hands messages on in their order. (5) */
  const deliver = (): void => {
    for (let message = waiting[0]; message !== undefined; message = waiting[0]) {
      transport.onmessage?.(message);
      if ("method" in message && message.method === "notifications/progress") {
        setImmediate(() => {
          waiting.shift();
          deliver();
        });
        return;
      }
      waiting.shift();
    }
  };

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const spawned = spawn(options.command, options.args, {
        cwd: options.cwd,
        env: options.env,
        stdio: ["pipe", "pipe", "pipe"],
        detached: process.platform !== "win32",
        shell: false,
        windowsHide: true,
      });
      child = spawned;
      const output = createLineReader(options.maxMessageBytes, receive, (beginning) => {
        options.onNoise(`a message of more than ${options.maxMessageBytes} bytes`, beginning);
        transport.onerror?.(new Error("The server sent a message that is too large."));
        void transport.close();
      });
      const errors = createLineReader(
        MAX_ERROR_LINE,
        (line) => options.onErrorLine(toPrintable(line)),
        (beginning) => options.onErrorLine(toPrintable(beginning)),
      );
      spawned.stdout.on("data", (chunk: Buffer) => output.add(chunk));
      spawned.stderr.on("data", (chunk: Buffer) => errors.add(chunk));
      // A child may close its input before we do; its exit is what counts.
      spawned.stdin.on("error", () => undefined);
      spawned.once("spawn", () => {
        options.orphans.add(spawned.pid as number);
        resolve();
      });
      spawned.on("error", (error) => {
        if (spawned.pid === undefined) reject(error);
        else transport.onerror?.(error);
      });
      ended = new Promise((resolveEnd) => {
        spawned.once("exit", (exitCode, signal) => {
          exit = { exitCode, signal };
          const finish = async (): Promise<void> => {
            await cleanUp(spawned);
            options.orphans.remove(spawned.pid as number);
            for (const message of waiting.splice(0).slice(1)) transport.onmessage?.(message);
            resolveEnd();
            transport.onclose?.();
          };
          void finish();
        });
      });
    });

  const transport: StdioTransport = {
    get pid() {
      return child?.pid ?? null;
    },
    stderr: null,
    get exit() {
      return exit;
    },
    start,
    send(message) {
      if (child?.stdin?.writable !== true || exit !== undefined) {
        return Promise.reject(toGone());
      }
      if ("method" in message && "id" in message && message.id !== undefined) {
        asked.add(message.id);
        // Questions that were given up are never answered: the oldest is one of them.
        if (asked.size > MAX_ASKED) asked.delete(asked.values().next().value as string | number);
      }
      const input = child.stdin;
      return new Promise((resolve, reject) => {
        input.write(`${JSON.stringify(message)}\n`, (error) => {
          // A line of which a part was written is no message: nobody acted on it.
          if (error == null) resolve();
          else reject(toGone());
        });
      });
    },
    async close() {
      // What never started has nothing to end.
      if (child?.pid === undefined) return;
      if (exit !== undefined) return await ended;
      child.stdout?.resume();
      child.stdin?.end();
      await Promise.race([ended, wait(INPUT_GRACE_MS, undefined, { ref: false })]);
      if (exit === undefined) await endChild(child);
      await ended;
    },
  };
  return transport;
}

async function cleanUp(child: ChildProcess): Promise<void> {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await Promise.race([closed, wait(DRAIN_MS)]);
  await endChild(child);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function endChild(child: ChildProcess): Promise<void> {
  if (process.platform === "win32") child.kill();
  else await endProcessGroup(child.pid as number, TERM_GRACE_MS);
}

function toGone(): McpConnectionError {
  return new McpConnectionError(notSent("The server's process has ended."));
}

function parse(line: string): JSONRPCMessage | undefined {
  const value = tryParseJson(line);
  return isJsonObject(value) && value["jsonrpc"] === "2.0" ? (value as unknown as JSONRPCMessage) : undefined;
}

function toPrintable(line: string): string {
  // Terminal escapes must not reach the log.
  return stripVTControlCharacters(line).replaceAll(/\p{Cc}/gu, " ");
}
