import { Command, CommanderError, Option } from "commander";
import { readFile } from "node:fs/promises";
import { runCheck, type CheckOptions } from "./commands/check.ts";
import { runExplain } from "./commands/explain.ts";
import { runExpr } from "./commands/expr.ts";
import { watchFiles } from "./commands/watch.ts";
import { GRAPH_FORMATS, runGraph, type GraphFormat } from "./commands/graph.ts";
import { runImportConfig } from "./commands/import-config.ts";
import { runInit } from "./commands/init.ts";
import { runMigrate } from "./commands/migrate.ts";
import { TEMPLATES } from "./templates/templates.ts";
import { CHECK_FORMATS } from "./render/format.ts";
import { PACKAGE_VERSION } from "./package-version.ts";

const write = (text: string): void => void process.stdout.write(text);
const writeError = (text: string): void => void process.stderr.write(text);

/** Runs `flowgate-check` with the arguments after the program's name. 0 ok, 1 findings, 2 usage. Never rejects. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const exit = { code: 0 };
  const program = createProgram(exit);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exit.code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const debug = argv.includes("--debug");
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    writeError(`flowgate-check: ${debug && thrown instanceof Error ? thrown.stack : message}\n`);
    return 2;
  }
}

interface CheckFlags {
  readonly config?: readonly string[];
  readonly format: (typeof CHECK_FORMATS)[number];
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  readonly each?: boolean;
  readonly watch?: boolean;
  readonly explain?: string;
  readonly deep?: boolean;
}

interface MigrateFlags {
  readonly config?: readonly string[];
  readonly write?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

interface GraphFlags {
  readonly config?: readonly string[];
  readonly workflow?: string;
  readonly format: GraphFormat;
  readonly json?: boolean;
}

function createProgram(exit: { code: number }): Command {
  const program = new Command("flowgate-check")
    .description("Checks mcp-flowgate configurations before they run.")
    .version(PACKAGE_VERSION, "--version")
    .exitOverride()
    .showHelpAfterError("(flowgate-check --help lists what there is)")
    .addHelpText(
      "after",
      "\nExample:\n  flowgate-check gateway.yaml --strict\n  flowgate-check --explain FG402\n",
    );
  program
    .command("check", { isDefault: true })
    .description("reports every mistake, with its place and how to mend it")
    .argument("[files...]", "the configuration; further files are overlays on it")
    .option("-c, --config <file...>", "the same as FILES")
    .addOption(
      new Option("--format <format>", "how findings are written")
        .choices([...CHECK_FORMATS])
        .default("pretty"),
    )
    .option("--json", "the same as --format json")
    .option("--strict", "warnings fail too")
    .option("--quiet", "show only what fails")
    .option("--each", "each file is a configuration of its own")
    .option("--watch", "check again whenever a file changes")
    .option("--deep", "of mcp-flowgate check: try what the configuration names as well")
    .option("--explain <topic>", "say what a code (FG402) or a key (store.kind) means")
    .option("--debug", "show the stack of an unexpected failure")
    .addHelpText("after", "\nExample:\n  $ flowgate-check check gateway.yaml --strict --format github")
    .action(async (files: string[], flags: CheckFlags) => {
      exit.code = await check(files, flags);
    });
  program
    .command("explain")
    .description("says what codes (FG402) and keys (workflows.*.states) mean")
    .argument("<topics...>", "codes or dotted keys")
    .option("--json", "as a JSON array, an entry for each topic")
    .addHelpText("after", "\nExample:\n  $ flowgate-check explain FG402 store.kind")
    .action((topics: string[], { json }: { readonly json?: boolean }) => {
      exit.code = runExplain(topics, { write, writeError }, json);
    });
  program
    .command("graph")
    .description("draws the state machines of a configuration")
    .argument("[files...]", "the configuration; further files are overlays on it")
    .option("-c, --config <file...>", "the same as FILES")
    .option("--workflow <id>", "draw only this one")
    .addOption(
      new Option("--format <format>", "the form of the picture")
        .choices([...GRAPH_FORMATS])
        .default("mermaid"),
    )
    .option("--json", "the same as --format json: states and edges by their names")
    .addHelpText(
      "after",
      "\nExample:\n  $ flowgate-check graph gateway.yaml --workflow release --format svg > release.svg",
    )
    .action(async (files: string[], { config, json, ...flags }: GraphFlags) => {
      const named = namedFiles(files, config);
      const options = json === true ? { ...flags, format: "json" as const } : flags;
      exit.code =
        named === undefined ? 2 : await runGraph({ files: named, ...options }, { write, writeError });
    });
  program
    .command("init")
    .description("writes a commented starting configuration")
    .addOption(new Option("--template <name>", "which one").choices(Object.keys(TEMPLATES)).default("hello"))
    .option("-o, --output <file>", "where to write it; left out, standard output")
    .option("--force", "replace a file that is there")
    .addHelpText("after", "\nExample:\n  $ flowgate-check init --template dev -o gateway.yaml")
    .action(
      async (flags: { readonly template: string; readonly output?: string; readonly force?: boolean }) => {
        exit.code = await runInit(flags, { write, writeError });
      },
    );
  program
    .command("migrate")
    .alias("migrate-config")
    .description("writes older forms the way they are written today; everything else stays as it is")
    .argument("[files...]", "the configuration with what it includes; further files are overlays on it")
    .option("-c, --config <file...>", "the same as FILES")
    .option("--write", "replace the files; left out, only the difference is shown")
    .option("--check", "change nothing and end with 1 where there is an older form")
    .option("--json", "one JSON object")
    .option("--debug", "show the stack of an unexpected failure")
    .addHelpText(
      "after",
      "\nExample:\n  $ flowgate-check migrate gateway.yaml\n  $ flowgate-check migrate gateway.yaml --write",
    )
    .action(async (files: string[], { config, ...flags }: MigrateFlags) => {
      const named = namedFiles(files, config);
      exit.code =
        named === undefined ? 2 : await runMigrate({ files: named, ...flags }, { write, writeError });
    });
  program
    .command("import-config")
    .description("converts the configuration of MCPG, and says what it could not take over")
    .argument("<file>", "MCPG's YAML")
    .option("-o, --output <file>", "where to write it; left out, standard output")
    .option("--force", "replace a file that is there")
    .option("--json", "the result and what is missing, as one JSON object")
    .addHelpText("after", "\nExample:\n  $ flowgate-check import-config mcpg.yaml -o gateway.yaml")
    .action(
      async (
        file: string,
        flags: { readonly output?: string; readonly force?: boolean; readonly json?: boolean },
      ) => {
        exit.code = await runImportConfig({ file, ...flags }, { write, writeError });
      },
    );
  program
    .command("expr")
    .description("evaluates an expression: true is 0, anything else 1")
    .argument("<expression>", "for example '$.context.score <= 80'")
    .option("-d, --data <file>", "a JSON file with arguments, context, workflow, principal or output")
    .option("--json", "one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ flowgate-check expr '$.context.score <= 80' --data state.json")
    .action(async (expression: string, flags: { readonly data?: string; readonly json: boolean }) => {
      const io = { write, writeError, readFile: (path: string): Promise<string> => readFile(path, "utf8") };
      exit.code = await runExpr({ expression, ...flags }, io);
    });
  return program;
}

async function check(files: readonly string[], flags: CheckFlags): Promise<number> {
  if (flags.explain !== undefined) return runExplain([flags.explain], { write, writeError });
  if (flags.deep === true) {
    writeError("flowgate-check reaches nothing but files; run `mcp-flowgate check --deep -c FILE`\n");
    return 2;
  }
  const all = namedFiles(files, flags.config);
  if (all === undefined) return 2;
  const options: CheckOptions = {
    files: all,
    format: flags.json === true ? "json" : flags.format,
    strict: flags.strict === true,
    quiet: flags.quiet === true,
    each: flags.each === true,
  };
  if (flags.watch !== true) return runCheck(options, { write, color: wantsColor() });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  await watchFiles(
    async () => {
      const seen: string[] = [];
      await runCheck(options, { write, color: wantsColor(), onFiles: (files) => void seen.push(...files) });
      return seen;
    },
    stop.signal,
    writeError,
  );
  return 0;
}

/** The files that a command is about, or nothing, with a word to the user. */
function namedFiles(files: readonly string[], config: readonly string[] = []): readonly string[] | undefined {
  const named = [...files, ...config];
  const all = named.length > 0 ? named : fromEnvironment();
  if (all.length > 0) return all;
  writeError("flowgate-check: name a configuration, for example `flowgate-check gateway.yaml`\n");
  return undefined;
}

/** `FLOWGATE_CONFIG=base.yaml:prod.yaml`. */
function fromEnvironment(): readonly string[] {
  const separator = process.platform === "win32" ? ";" : ":";
  return (process.env["FLOWGATE_CONFIG"] ?? "").split(separator).filter((file) => file !== "");
}

function wantsColor(): boolean {
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  return process.stdout.isTTY === true || (process.env["FORCE_COLOR"] ?? "") !== "";
}
