import type { Command } from "commander";
import type { DecideOptions } from "./approvals.ts";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `approvals`: what waits for people. */
export function addApprovals(program: Command): void {
  const approvals = program.command("approvals").description("what waits for people, and their decisions");
  withDebug(approvals.command("list"))
    .description("list what waits")
    .addOption(configOption())
    .option("--queue <name>", "of one queue")
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--all", "also those decided")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals list --queue refunds")
    .action(async (options) => (await import("./approvals.ts")).listApprovals(options, print));
  withDebug(approvals.command("tail"))
    .description("list what waits, then what comes to wait and what becomes of it, until interrupted")
    .addOption(configOption())
    .option("--queue <name>", "of one queue")
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--json", "one JSON object a line")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals tail --queue refunds")
    .action(async (options) => (await import("./approvals.ts")).tailApprovals(options, print));
  withDebug(approvals.command("show"))
    .description("show one with all that is needed to decide")
    .argument("<id>")
    .addOption(configOption())
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals show ap_01…")
    .action(async (id: string, options) => (await import("./approvals.ts")).showApproval(id, options, print));
  for (const decision of ["approve", "reject"] as const) {
    withDebug(approvals.command(decision))
      .description(`${decision} one`)
      .argument("<id>")
      .requiredOption("--as <name>", "who decides; recorded together with the OS user")
      .option("--role <name...>", "roles that the decider holds")
      .option("--permission <name...>", "permissions that the decider holds")
      .option("--reason <text>", "why; recorded")
      .option("--transition <name>", "where the approval offers several ways on")
      .option("--input <json>", "the decision's form")
      .option("--tenant <name>", "of another tenant than the default one")
      .addOption(configOption())
      .option("--json", "as JSON")
      .addHelpText(
        "after",
        `\nExample:\n  $ mcp-flowgate approvals ${decision} ap_01… --as ann --reason "checked the order"`,
      )
      .action(async (id: string, options: DecideOptions) =>
        (await import("./approvals.ts")).decideApproval(id, decision, options, print),
      );
  }
}
