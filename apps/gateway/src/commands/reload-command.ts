import type { Command } from "commander";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `reload`: the configuration anew. */
export function addReload(program: Command): void {
  withDebug(program.command("reload"))
    .description("have the running gateways read their configuration again")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nAll of it is taken over, or nothing: exit code 1 where a gateway kept what it had, with the reason.\n\nExample:\n  $ mcp-flowgate reload -c gateway.yaml",
    )
    .action(async (options) => (await import("./reload.ts")).reload(options, print));
}
