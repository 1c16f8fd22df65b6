import type { Command } from "commander";
import type { PinOptions } from "./pin.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `pin`: the lock file of imported tools. */
export function addPin(program: Command): void {
  withDebug(program.command("pin"))
    .description("write the lock file of imported tools, or say what differs from it")
    .addOption(configOption())
    .option("--update", "take the differences over")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nWrites flowgate.lock.json beside the configuration where there is none. Exit code 1 where something differs.\n\nExample:\n  $ mcp-flowgate pin -c gateway.yaml --update",
    )
    .action(async (options: PinOptions) => (await import("./pin.ts")).pin(options, print));
}
