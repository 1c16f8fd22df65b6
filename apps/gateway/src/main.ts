import { CommanderError } from "commander";
import { createProgram } from "./cli.ts";
import { CommandError } from "./commands/command-error.ts";

/**
 * The command line. Exit codes: 0 ok, 1 findings or failure, 2 usage. An error is one line on standard error;
 * `--debug` adds the stack.
 */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are not failures; everything else that commander refuses is usage.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = error instanceof CommandError ? error.exitCode : 1;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`mcp-flowgate: ${message}\n`);
    if (args.includes("--debug") && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  }
}
