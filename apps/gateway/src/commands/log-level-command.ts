import { Argument, type Command } from "commander";
import { LOG_LEVELS } from "../host/log.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `log-level`: how much running gateways log. */
export function addLogLevel(program: Command): void {
  withDebug(program.command("log-level"))
    .description("show how much the running gateways log, or change it until they end")
    .addArgument(new Argument("[level]", "how much").choices([...LOG_LEVELS]))
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate log-level debug -c gateway.yaml")
    .action(async (level: string | undefined, options) =>
      (await import("./log-level.ts")).logLevel(level, options, print),
    );
}
