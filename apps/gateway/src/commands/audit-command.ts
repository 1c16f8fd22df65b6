import { EXPORT_FORMATS } from "@mcp-flowgate/audit";
import { type Command, Option } from "commander";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `audit`: the trail. */
export function addAudit(program: Command): void {
  const audit = program
    .command("audit")
    .description("the audit trail, in files or in the store: check it, look into it");
  const trail = (command: Command): Command =>
    withDebug(command)
      .addOption(configOption())
      .option("--path <file>", "the trail, instead of the one that a configuration names")
      .option("--store", "the records in the store, where the configuration has a file as well");
  const filtered = (command: Command): Command =>
    trail(command)
      .option("--workflow <id>", "of one instance")
      .option("--definition <id>", "of one workflow or capability")
      .option("--subject <name>", "of one caller")
      .option("--tenant <name>", "of one tenant")
      .option("--type <glob...>", "of these event types, for example executor.*")
      .option("--since <time>", "from this time on, for example 2026-01-31T08:00:00Z")
      .option("--until <time>", "before this time");
  trail(audit.command("verify"))
    .description("say whether the trail is what was written, and if not, which record is the first bad one")
    .option("--key <file...>", "public keys (PEM) that checkpoints must be signed with")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate audit verify -c gateway.yaml")
    .action(async (options) => (await import("./audit.ts")).verifyAudit(options, print));
  filtered(audit.command("query"))
    .description("show matching records, newest first")
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <cursor>", "from where the page before ended")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ mcp-flowgate audit query -c gateway.yaml --workflow wf_01… --type 'executor.*'",
    )
    .action(async (options) => (await import("./audit.ts")).queryAudit(options, print));
  filtered(audit.command("tail"))
    .description("show the last records, then new ones as they come")
    .option("--json", "as JSON lines")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate audit tail -c gateway.yaml --type 'human.*'")
    .action(async (options) => (await import("./audit.ts")).tailAudit(options, print));
  filtered(audit.command("export"))
    .description("write matching records, oldest first")
    .addOption(new Option("--format <format>", "how").choices([...EXPORT_FORMATS]).default("jsonl"))
    .addHelpText(
      "after",
      "\nExample:\n  $ mcp-flowgate audit export -c gateway.yaml --format csv > audit.csv",
    )
    .action(async (options) => (await import("./audit.ts")).exportAudit(options, print));
}
