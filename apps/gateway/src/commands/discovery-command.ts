import type { Command } from "commander";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `discovery`: what was counted. */
export function addDiscovery(program: Command): void {
  const discovery = program.command("discovery").description("what discovery.learn has counted");
  withDebug(discovery.command("show"))
    .description("show which found thing was started after which word, and how often")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate discovery show -c gateway.yaml")
    .action(async (options) => (await import("./discovery.ts")).showUsage(options, print));
  withDebug(discovery.command("reset"))
    .description("forget all of it")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate discovery reset -c gateway.yaml")
    .action(async (options) => (await import("./discovery.ts")).resetUsage(options, print));
}
