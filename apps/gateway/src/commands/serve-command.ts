import { type Command, Option } from "commander";
import type { ServeOptions } from "./serve.ts";
import { configOption, withDebug } from "./shared-options.ts";

/** `serve`: the gateway itself. */
export function addServe(program: Command): void {
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
    .action(async (options: ServeOptions) => (await import("./serve.ts")).serve(options));
}
