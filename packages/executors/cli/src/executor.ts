import type {
  ConnectionDirectory,
  Executor,
  ExecutorContext,
  ExecutorOutcome,
  Log,
  ResolvedCall,
} from "@mcp-flowgate/core";
import { toCommand } from "./command.ts";
import type { Command, HostEnvironment } from "./command.ts";
import { refuse, toOutcome } from "./outcome.ts";
import { run } from "./run.ts";
import { createSlots } from "@mcp-flowgate/outbound";
import type { Slots } from "@mcp-flowgate/outbound";

export interface CliExecutorOptions {
  readonly connections: ConnectionDirectory;
  /** The gateway's own variables; a command gets only those on its connection's list. */
  readonly hostEnv: HostEnvironment;
  readonly log: Log;
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  readonly killGraceMs?: number;
}

/**
 * The executor of kind `cli`: runs a command without a shell, in a process group of its own, and ends the whole group
 * at the deadline, on abort, and when the command itself has exited. See {@link CliExecutorOptions}.
 *
 * Output: `{ exitCode, success, stdout, stderr, text, json, truncated }`; `text` is the standard output without its last
 * line break, `json` its JSON value or null. Evidence: `cli_output`, with `outcome` by the exit code.
 */
export function createCliExecutor(options: CliExecutorOptions): Executor {
  const graceMs = options.killGraceMs ?? 5000;
  const running = new Map<AbortController, Promise<unknown>>();
  const slots = new Map<string, { readonly places: number; readonly slots: Slots }>();

  const slotsOf = (connection: string | undefined, places: number | undefined): Slots | undefined => {
    if (connection === undefined || places === undefined) return undefined;
    const known = slots.get(connection);
    if (known?.places === places) return known.slots;
    const made = createSlots(places);
    slots.set(connection, { places, slots: made });
    return made;
  };

  const perform = async (
    command: Command,
    call: Extract<ResolvedCall, { kind: "cli" }>,
    signal: AbortSignal,
  ): Promise<ExecutorOutcome> => {
    const queue = slotsOf(call.connection, command.maxConcurrency);
    const release = queue === undefined ? undefined : await queue.take(signal);
    try {
      if (signal.aborted) return refuse(`${command.name} was not started in time.`, "timeout");
      const ended = await run(command, {
        ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
        maxOutputBytes: call.maxOutputBytes,
        signal,
        graceMs,
      });
      return toOutcome(ended, command, call);
    } finally {
      release?.();
    }
  };

  return {
    kind: "cli",
    async execute(call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome> {
      if (call.kind !== "cli") return refuse(`A call of kind ${call.kind} was given to the cli executor.`);
      const command = toCommand(call, context.idempotencyKey, options.connections, options.hostEnv);
      if (!command.ok) return refuse(command.error);
      const closing = new AbortController();
      const signals = [context.signal, closing.signal];
      if (command.value.timeoutMs !== undefined) signals.push(AbortSignal.timeout(command.value.timeoutMs));
      const performing = perform(command.value, call, AbortSignal.any(signals)).catch((thrown: unknown) => {
        options.log.error("A command ended in an unforeseen way.", {
          command: command.value.name,
          error: String(thrown),
        });
        return {
          status: "failed",
          effect: "unknown",
          errorClass: "permanent",
          message: `${command.value.name} could not be watched to its end.`,
        } as const;
      });
      running.set(closing, performing);
      try {
        return await performing;
      } finally {
        running.delete(closing);
      }
    },
    async close(): Promise<void> {
      for (const controller of running.keys()) controller.abort();
      await Promise.all(running.values());
    },
  };
}
