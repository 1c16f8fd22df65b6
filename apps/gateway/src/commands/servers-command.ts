import type { Command } from "commander";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `servers`: connections. */
export function addServers(program: Command): void {
  const servers = program.command("servers").description("connections, and whether calls may reach them");
  withDebug(servers.command("list"))
    .description("list the connections of the running gateways")
    .addOption(configOption())
    .option("--tag <tag...>", "those with all of these tags")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate servers list -c gateway.yaml")
    .action(async (options) => (await import("./servers.ts")).listServers(options, print));
  for (const [action, about] of [
    ["start", "let calls reach a connection again that was stopped"],
    ["stop", "keep calls from a connection until it is started"],
    ["restart", "give a server another session or process, after the calls on the one it has"],
  ] as const)
    withDebug(servers.command(action))
      .description(about)
      .argument("<name>", "the connection")
      .addOption(configOption())
      .option("--json", "as JSON")
      .addHelpText(
        "after",
        `\nIt holds at all replicas, within a second or so.\n\nExample:\n  $ mcp-flowgate servers ${action} github -c gateway.yaml`,
      )
      .action(async (name: string, options) =>
        (await import("./servers.ts")).operateServer(name, action, options, print),
      );
}
