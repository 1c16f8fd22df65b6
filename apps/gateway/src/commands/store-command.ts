import type { Command } from "commander";
import type { StoreOptions } from "./store.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `store`: schema, copies, what is old. */
export function addStore(program: Command): void {
  const store = program
    .command("store")
    .description("the store of a configuration: its schema, copies, what is old");
  withDebug(store.command("migrate"))
    .description("bring the schema up to date, as every start does")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate store migrate -c gateway.yaml")
    .action(async (options: StoreOptions) => (await import("./store.ts")).migrateStore(options, print));
  withDebug(store.command("backup"))
    .description("copy a SQLite store to a new file while gateways use it")
    .argument("<file>")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nA PostgreSQL store is backed up with pg_dump.\n\nExample:\n  $ mcp-flowgate store backup -c gateway.yaml backups/monday.sqlite",
    )
    .action(async (file: string, options: StoreOptions) =>
      (await import("./store.ts")).backUpStore(file, options, print),
    );
  withDebug(store.command("gc"))
    .description("remove what store.retention allows, as every gateway does now and then")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate store gc -c gateway.yaml --json")
    .action(async (options: StoreOptions) => (await import("./store.ts")).collectStore(options, print));
}
