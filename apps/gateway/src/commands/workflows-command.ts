import { type Command, Option } from "commander";
import { configOption, print, withDebug } from "./shared-options.ts";

/** `workflows`: instances. */
export function addWorkflows(program: Command): void {
  const workflows = program.command("workflows").description("instances, and the journal of what ran");
  const tenant = (): Option => new Option("--tenant <name>", "of another tenant than the default one");
  withDebug(workflows.command("list"))
    .description("list instances, newest first")
    .addOption(configOption())
    .option("--definition <id>", "of one definition")
    .option("--status <status...>", "idle, running, waiting, outcome_unknown, parked or terminal")
    .addOption(tenant())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate workflows list --status waiting outcome_unknown")
    .action(async (options) => (await import("./workflows.ts")).listWorkflows(options, print));
  withDebug(workflows.command("show"))
    .description("show one with its timeline")
    .argument("<id>")
    .option("--output [operation]", "what one operation returned, whole, or the last that returned something")
    .addOption(configOption())
    .addOption(tenant())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ mcp-flowgate workflows show wf_01…\n  $ mcp-flowgate workflows show wf_01… --output op_01… > report.json",
    )
    .action(async (id: string, options) => (await import("./workflows.ts")).showWorkflow(id, options, print));
  withDebug(workflows.command("cancel"))
    .description("end one: stop what runs, undo what can be undone")
    .argument("<id>")
    .requiredOption("--reason <text>", "why; recorded")
    .option("--as <name>", "who does it; the OS user where left out")
    .addOption(configOption())
    .addOption(tenant())
    .option("--json", "as JSON")
    .addHelpText("after", '\nExample:\n  $ mcp-flowgate workflows cancel wf_01… --reason "ordered twice"')
    .action(async (id: string, options) =>
      (await import("./workflows.ts")).cancelWorkflow(id, options, print),
    );
  withDebug(workflows.command("resolve-unknown"))
    .description("say what became of an operation whose outcome is unknown")
    .argument("<id>")
    .addOption(
      new Option("--outcome <outcome>", "what you found out")
        .choices(["executed", "not_executed", "abandon"])
        .makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "how you know; recorded")
    .option("--result <json>", "of executed: what the executor would have returned")
    .option("--as <name>", "who does it; the OS user where left out")
    .addOption(configOption())
    .addOption(tenant())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExample:\n  $ mcp-flowgate workflows resolve-unknown wf_01… --outcome executed --reason "the refund is in the ledger"',
    )
    .action(async (id: string, options) =>
      (await import("./workflows.ts")).resolveUnknown(id, options, print),
    );
  withDebug(workflows.command("migrate"))
    .description("move one that is at rest to another definition of its workflow")
    .argument("<id>")
    .requiredOption("--to <hash>", "the definition's hash, or current: the one that new ones start on")
    .option("--map <old=new...>", "what a state of the old definition is in the new one")
    .requiredOption("--reason <text>", "why; recorded")
    .option("--as <name>", "who does it; the OS user where left out")
    .addOption(configOption())
    .addOption(tenant())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExample:\n  $ mcp-flowgate workflows migrate wf_01… --to current --map open=review --reason "the review step was missing"',
    )
    .action(async (id: string, options) =>
      (await import("./workflows.ts")).migrateWorkflow(id, options, print),
    );
}
