import { EXPORT_FORMATS } from "@mcp-flowgate/audit";
import { Argument, Command, Option } from "commander";
import type { DecideOptions } from "./commands/approvals.ts";
import type { CheckDeepOptions } from "./commands/check-deep.ts";
import type { CallOptions } from "./commands/call.ts";
import type { PinOptions } from "./commands/pin.ts";
import type { InitKeyOptions } from "./commands/init-key.ts";
import type { ServeOptions } from "./commands/serve.ts";
import type { StoreOptions } from "./commands/store.ts";
import { LOG_LEVELS } from "./host/log.ts";
import { VERSION } from "./version.ts";

const print = (text: string): void => void process.stdout.write(text);

/** The command tree. Each command is a thin skin over a function of `commands/`, which is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command("mcp-flowgate")
    .description(
      "The gateway between AI agents and the systems that matter: seven tools, governed workflows.",
    )
    .version(VERSION)
    .showHelpAfterError()
    .exitOverride();

  withDebug(program.command("serve"))
    .description("run the gateway")
    .addOption(configOption())
    .addOption(
      new Option("--transport <kind>", "stdio unless the configuration or --listen says http").choices([
        "stdio",
        "http",
      ]),
    )
    .option("--listen <host:port>", "serve HTTP here")
    .option("--server <connection>", "show one server's tools alone, over stdio unless told otherwise")
    .option("--gateway <url>", "over stdio, pass everything on to the gateway that runs there")
    .addOption(
      new Option("--token <token>", "an API key or bearer token for --gateway").env("FLOWGATE_TOKEN"),
    )
    .option("--health-check", "ask the gateway that this configuration serves whether it is ready, and end")
    .option("--welcome", "print how to connect clients once it is ready")
    .addHelpText(
      "after",
      "\nExamples:\n  $ mcp-flowgate serve -c gateway.yaml --listen 127.0.0.1:8787\n  $ mcp-flowgate serve -c catalog.yaml --server github\n  $ mcp-flowgate serve --gateway https://flowgate.example.com/mcp",
    )
    .action(async (options: ServeOptions) => (await import("./commands/serve.ts")).serve(options));

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
      (await import("./commands/call.ts")).call(tool, args, options, print),
    );

  withDebug(program.command("test"))
    .description("play scenarios against a configuration: nothing outside is called, time passes at once")
    .argument("<files...>", "files of scenarios")
    .option("--only <text>", "those whose name has this in it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExit code 1 where a scenario fails. docs/scenarios.md says what a file holds.\n\nExample:\n  $ mcp-flowgate test deploy.test.yaml",
    )
    .action(async (files: string[], options) =>
      (await import("./commands/test.ts")).testScenarios(files, options, print),
    );

  withDebug(program.command("pin"))
    .description("write the lock file of imported tools, or say what differs from it")
    .addOption(configOption())
    .option("--update", "take the differences over")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nWrites flowgate.lock.json beside the configuration where there is none. Exit code 1 where something differs.\n\nExample:\n  $ mcp-flowgate pin -c gateway.yaml --update",
    )
    .action(async (options: PinOptions) => (await import("./commands/pin.ts")).pin(options, print));
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
      (await import("./commands/init-key.ts")).initKey(id, options, print),
    );

  withDebug(program.command("log-level"))
    .description("show how much the running gateways log, or change it until they end")
    .addArgument(new Argument("[level]", "how much").choices([...LOG_LEVELS]))
    .addOption(configOption())
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate log-level debug -c gateway.yaml")
    .action(async (level: string | undefined, options) =>
      (await import("./commands/log-level.ts")).logLevel(level, options, print),
    );

  withDebug(program.command("reload"))
    .description("have the running gateways read their configuration again")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nAll of it is taken over, or nothing: exit code 1 where a gateway kept what it had, with the reason.\n\nExample:\n  $ mcp-flowgate reload -c gateway.yaml",
    )
    .action(async (options) => (await import("./commands/reload.ts")).reload(options, print));

  addApprovals(program);
  addWorkflows(program);
  addAudit(program);
  addDiscovery(program);
  addServers(program);
  addStore(program);
  addCheckerCommands(program);
  return program;
}

function addWorkflows(program: Command): void {
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
    .action(async (options) => (await import("./commands/workflows.ts")).listWorkflows(options, print));
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
    .action(async (id: string, options) =>
      (await import("./commands/workflows.ts")).showWorkflow(id, options, print),
    );
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
      (await import("./commands/workflows.ts")).cancelWorkflow(id, options, print),
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
      (await import("./commands/workflows.ts")).resolveUnknown(id, options, print),
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
      (await import("./commands/workflows.ts")).migrateWorkflow(id, options, print),
    );
}

function addDiscovery(program: Command): void {
  const discovery = program.command("discovery").description("what discovery.learn has counted");
  withDebug(discovery.command("show"))
    .description("show which found thing was started after which word, and how often")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate discovery show -c gateway.yaml")
    .action(async (options) => (await import("./commands/discovery.ts")).showUsage(options, print));
  withDebug(discovery.command("reset"))
    .description("forget all of it")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate discovery reset -c gateway.yaml")
    .action(async (options) => (await import("./commands/discovery.ts")).resetUsage(options, print));
}

function addServers(program: Command): void {
  const servers = program.command("servers").description("connections, and whether calls may reach them");
  withDebug(servers.command("list"))
    .description("list the connections of the running gateways")
    .addOption(configOption())
    .option("--tag <tag...>", "those with all of these tags")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate servers list -c gateway.yaml")
    .action(async (options) => (await import("./commands/servers.ts")).listServers(options, print));
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
        (await import("./commands/servers.ts")).operateServer(name, action, options, print),
      );
}

function addAudit(program: Command): void {
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
    .action(async (options) => (await import("./commands/audit.ts")).verifyAudit(options, print));
  filtered(audit.command("query"))
    .description("show matching records, newest first")
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <cursor>", "from where the page before ended")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ mcp-flowgate audit query -c gateway.yaml --workflow wf_01… --type 'executor.*'",
    )
    .action(async (options) => (await import("./commands/audit.ts")).queryAudit(options, print));
  filtered(audit.command("tail"))
    .description("show the last records, then new ones as they come")
    .option("--json", "as JSON lines")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate audit tail -c gateway.yaml --type 'human.*'")
    .action(async (options) => (await import("./commands/audit.ts")).tailAudit(options, print));
  filtered(audit.command("export"))
    .description("write matching records, oldest first")
    .addOption(new Option("--format <format>", "how").choices([...EXPORT_FORMATS]).default("jsonl"))
    .addHelpText(
      "after",
      "\nExample:\n  $ mcp-flowgate audit export -c gateway.yaml --format csv > audit.csv",
    )
    .action(async (options) => (await import("./commands/audit.ts")).exportAudit(options, print));
}

function addStore(program: Command): void {
  const store = program
    .command("store")
    .description("the store of a configuration: its schema, copies, what is old");
  withDebug(store.command("migrate"))
    .description("bring the schema up to date, as every start does")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate store migrate -c gateway.yaml")
    .action(async (options: StoreOptions) =>
      (await import("./commands/store.ts")).migrateStore(options, print),
    );
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
      (await import("./commands/store.ts")).backUpStore(file, options, print),
    );
  withDebug(store.command("gc"))
    .description("remove what store.retention allows, as every gateway does now and then")
    .addOption(configOption())
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate store gc -c gateway.yaml --json")
    .action(async (options: StoreOptions) =>
      (await import("./commands/store.ts")).collectStore(options, print),
    );
}

/** The checker's own commands, passed on as they are: one implementation, two names. */
function addCheckerCommands(program: Command): void {
  for (const [name, description] of [
    ["check", "report every mistake of a configuration, with its place"],
    ["graph", "draw the state machines of a configuration"],
    ["explain-config", "say what a key of the configuration means"],
    ["init", "write a commented starting configuration"],
    ["migrate-config", "write the older forms of a configuration the way they are written today"],
    ["import-config", "convert the configuration of MCPG, and say what could not be taken over"],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument("[arguments...]")
      .helpOption(false)
      .allowUnknownOption()
      .action(async (args: string[]) => {
        if (name === "check" && args.includes("--deep")) return await runDeepCheck(args);
        const { runCli } = await import("flowgate-check");
        process.exitCode = await runCli([name === "explain-config" ? "explain" : name, ...args]);
      });
  }
}

/** `check --deep` reaches out, which the checker has no code for. */
async function runDeepCheck(args: readonly string[]): Promise<void> {
  const { CHECK_FORMATS } = await import("flowgate-check");
  const program = withDebug(new Command("mcp-flowgate check"))
    .description("all of check, then everything that the configuration names is tried from this machine")
    .exitOverride()
    .argument("[files...]", "the configuration; further files are overlays on it")
    .addOption(configOption())
    .option("--deep", "dial connections, list their tools, open the store, try the addresses and issuers")
    .option("--timeout <ms>", "how long each of them may take", "10000")
    .addOption(new Option("--transport <kind>", "as of serve").choices(["stdio", "http"]))
    .option("--listen <host:port>", "as of serve")
    .addOption(new Option("--format <format>", "how findings are written").choices([...CHECK_FORMATS]))
    .option("--json", "the same as --format json")
    .option("--strict", "warnings fail too")
    .option("--quiet", "show only what fails")
    .addHelpText(
      "after",
      "\nNo tool is called, and nothing is made or written. Exit code 1 where something fails.\n\nExample:\n  $ mcp-flowgate check --deep -c gateway.yaml",
    )
    .action(async (files: string[], options: CheckDeepOptions) => {
      const { checkDeep } = await import("./commands/check-deep.ts");
      await checkDeep(files, options, print);
    });
  await program.parseAsync([...args], { from: "user" });
}

function addApprovals(program: Command): void {
  const approvals = program.command("approvals").description("what waits for people, and their decisions");
  withDebug(approvals.command("list"))
    .description("list what waits")
    .addOption(configOption())
    .option("--queue <name>", "of one queue")
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--all", "also those decided")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals list --queue refunds")
    .action(async (options) => (await import("./commands/approvals.ts")).listApprovals(options, print));
  withDebug(approvals.command("tail"))
    .description("list what waits, then what comes to wait and what becomes of it, until interrupted")
    .addOption(configOption())
    .option("--queue <name>", "of one queue")
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--json", "one JSON object a line")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals tail --queue refunds")
    .action(async (options) => (await import("./commands/approvals.ts")).tailApprovals(options, print));
  withDebug(approvals.command("show"))
    .description("show one with all that is needed to decide")
    .argument("<id>")
    .addOption(configOption())
    .option("--tenant <name>", "of another tenant than the default one")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  $ mcp-flowgate approvals show ap_01…")
    .action(async (id: string, options) =>
      (await import("./commands/approvals.ts")).showApproval(id, options, print),
    );
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
        (await import("./commands/approvals.ts")).decideApproval(id, decision, options, print),
      );
  }
}

/** Given several times, later files are laid over earlier ones. */
function configOption(): Option {
  return new Option("-c, --config <file>", "the configuration; given again, an overlay over it").argParser(
    (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
  );
}

function withDebug(command: Command): Command {
  return command.option("--debug", "print the stack of an error");
}
