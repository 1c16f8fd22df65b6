import type { Command } from "commander";
import { print, withDebug } from "./shared-options.ts";

/** `test`: scenarios. */
export function addTest(program: Command): void {
  withDebug(program.command("test"))
    .description("play scenarios against a configuration: nothing outside is called, time passes at once")
    .argument("<files...>", "files of scenarios")
    .option("--only <text>", "those whose name has this in it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExit code 1 where a scenario fails. docs/scenarios.md says what a file holds.\n\nExample:\n  $ mcp-flowgate test deploy.test.yaml",
    )
    .action(async (files: string[], options) =>
      (await import("./test.ts")).testScenarios(files, options, print),
    );
}
