import { type Command, Option } from "commander";
import type { CallOptions } from "./call.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `call`: one call from a shell. */
export function addCall(program: Command): void {
  withDebug(program.command("call"))
    .description("call one of the seven tools and print its answer as JSON")
    .argument("<tool>", "for example gateway.search")
    .argument("[arguments]", "a JSON object", "{}")
    .addOption(configOption())
    .option("--url <url>", "the endpoint of a running gateway, instead of one made for this call")
    .addOption(new Option("--token <token>", "an API key or bearer token for --url").env("FLOWGATE_TOKEN"))
    .addHelpText(
      "after",
      `\nExample:\n  $ mcp-flowgate call -c gateway.yaml gateway.search '{"query":"create an issue"}'`,
    )
    .action(async (tool: string, args: string, options: CallOptions) =>
      (await import("./call.ts")).call(tool, args, options, print),
    );
}
