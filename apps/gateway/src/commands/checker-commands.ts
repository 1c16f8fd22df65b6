import { Command, Option } from "commander";
import type { CheckDeepOptions } from "./check-deep.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** The checker's own commands, passed on as they are: one implementation, two names. */
export function addCheckerCommands(program: Command): void {
  for (const [name, description] of [
    ["check", "report every mistake of a configuration, with its place"],
    ["graph", "draw the state machines of a configuration"],
    ["explain-config", "say what a key of the configuration means"],
    ["init", "write a commented starting configuration"],
    ["migrate-config", "write the older forms of a configuration the way they are written today"],
    ["import-config", "convert the configuration of MCPG, and say what could not be taken over"],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument("[arguments...]")
      .helpOption(false)
      .allowUnknownOption()
      .action(async (args: string[]) => {
        if (name === "check" && args.includes("--deep")) return await runDeepCheck(args);
        const { runCli } = await import("flowgate-check");
        process.exitCode = await runCli([name === "explain-config" ? "explain" : name, ...args]);
      });
  }
}

/** `check --deep` reaches out, which the checker has no code for. */
async function runDeepCheck(args: readonly string[]): Promise<void> {
  const { CHECK_FORMATS } = await import("flowgate-check");
  const program = withDebug(new Command("mcp-flowgate check"))
    .description("all of check, then everything that the configuration names is tried from this machine")
    .exitOverride()
    .argument("[files...]", "the configuration; further files are overlays on it")
    .addOption(configOption())
    .option("--deep", "dial connections, list their tools, open the store, try the addresses and issuers")
    .option("--timeout <ms>", "how long each of them may take", "10000")
    .addOption(new Option("--transport <kind>", "as of serve").choices(["stdio", "http"]))
    .option("--listen <host:port>", "as of serve")
    .addOption(new Option("--format <format>", "how findings are written").choices([...CHECK_FORMATS]))
    .option("--json", "the same as --format json")
    .option("--strict", "warnings fail too")
    .option("--quiet", "show only what fails")
    .addHelpText(
      "after",
      "\nNo tool is called, and nothing is made or written. Exit code 1 where something fails.\n\nExample:\n  $ mcp-flowgate check --deep -c gateway.yaml",
    )
    .action(async (files: string[], options: CheckDeepOptions) => {
      const { checkDeep } = await import("./check-deep.ts");
      await checkDeep(files, options, print);
    });
  await program.parseAsync([...args], { from: "user" });
}
