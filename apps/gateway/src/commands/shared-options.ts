import { Option, type Command } from "commander";

export const print = (text: string): void => void process.stdout.write(text);

/** Given several times, later files are laid over earlier ones. */
export function configOption(): Option {
  return new Option("-c, --config <file>", "the configuration; given again, an overlay over it").argParser(
    (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
  );
}

export function withDebug(command: Command): Command {
  return command.option("--debug", "print the stack of an error");
}
