import { basename } from "node:path";
import type { CliCall, CliConnectionIr, ConnectionDirectory, Result } from "@mcp-flowgate/core";
import { DEFAULT_INHERIT_ENV, err, getOwn, ok } from "@mcp-flowgate/core";

/** A command that is ready to be spawned: nothing in it is interpreted any further. */
export interface Command {
  /** What messages call it: the file name, without its folder. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly workingDirectory?: string;
  readonly timeoutMs?: number;
  readonly maxConcurrency?: number;
}

export type HostEnvironment = { readonly [name: string]: string | undefined };

/**
 * Names through which a program can be made to load code that its author did not ask for. The operator may set them
 * on a connection; a call may not.
 */
const LOADER_VARIABLES =
  /^(?:LD_.*|DYLD_.*|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|SHELLOPTS|PYTHONPATH|PYTHONSTARTUP|PYTHONHOME|PERL5LIB|PERL5OPT|RUBYLIB|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|DOTNET_STARTUP_HOOKS|GIT_SSH|GIT_SSH_COMMAND|GIT_EXEC_PATH|PATH)$/i;

/** Command, arguments and environment of a call, or one sentence that says why it may not run. */
export function toCommand(
  call: CliCall,
  idempotencyKey: string,
  connections: ConnectionDirectory,
  hostEnv: HostEnvironment,
): Result<Command, string> {
  const connection = call.connection === undefined ? undefined : connections.get(call.connection);
  if (call.connection !== undefined && connection?.kind !== "cli") {
    return err(`There is no cli connection "${call.connection}".`);
  }
  const cli = connection as CliConnectionIr | undefined;
  const command = cli?.command ?? call.command;
  if (command === undefined || command === "")
    return err("The call names neither a connection nor a command.");
  const args = toArguments(call, cli);
  if (!args.ok) return args;
  const env = toEnvironment(call, cli, hostEnv, idempotencyKey);
  if (!env.ok) return env;
  return ok({
    name: basename(command),
    command,
    args: args.value,
    env: env.value,
    ...(cli?.workingDirectory === undefined ? {} : { workingDirectory: cli.workingDirectory }),
    ...(cli?.timeoutMs === undefined ? {} : { timeoutMs: cli.timeoutMs }),
    ...(cli?.maxConcurrency === undefined ? {} : { maxConcurrency: cli.maxConcurrency }),
  });
}

function toArguments(
  call: CliCall,
  connection: CliConnectionIr | undefined,
): Result<readonly string[], string> {
  const args = [...(connection?.args ?? [])];
  for (const [index, { value, dynamic }] of call.args.entries()) {
    if (value.includes("\0")) return err(`Argument ${index + 1} holds a NUL character.`);
    if (dynamic && !call.allowDashArgs && value.startsWith("-")) {
      return err(`Argument ${index + 1} starts with "-" and was not written by the configuration.`);
    }
    args.push(value);
  }
  return ok(args);
}

function toEnvironment(
  call: CliCall,
  connection: CliConnectionIr | undefined,
  hostEnv: HostEnvironment,
  idempotencyKey: string,
): Result<Record<string, string>, string> {
  const env = Object.create(null) as Record<string, string>;
  for (const name of connection?.inheritEnv ?? DEFAULT_INHERIT_ENV) {
    const value = getOwn(hostEnv, name);
    if (value !== undefined) env[name] = value;
  }
  Object.assign(env, connection?.env);
  for (const [name, value] of Object.entries(call.env)) {
    if (!/^[^=\0]+$/.test(name) || value.includes("\0")) return err(`The variable "${name}" cannot be set.`);
    if (LOADER_VARIABLES.test(name)) return err(`The variable ${name} can only be set on a connection.`);
    env[name] = value;
  }
  env["IDEMPOTENCY_KEY"] = idempotencyKey;
  return ok(env);
}
