import type { Command } from "commander";
import type { InitKeyOptions } from "./init-key.ts";
import { print, withDebug } from "./shared-options.ts";

/** `init-key`: an API key. */
export function addInitKey(program: Command): void {
  withDebug(program.command("init-key"))
    .description("make an API key: shows it once, and its hash for the configuration")
    .argument("<id>", "a name for the key, for example ci")
    .option("--subject <name>", "whom it stands for; the id where left out")
    .option("--tenant <name>", "the tenant")
    .option("--role <name...>", "roles")
    .option("--expires <day>", "from then on it is refused, for example 2027-01-31")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate init-key ci --role deployer --expires 2027-01-31")
    .action(async (id: string, options: InitKeyOptions) =>
      (await import("./init-key.ts")).initKey(id, options, print),
    );
}
