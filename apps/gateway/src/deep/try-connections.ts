import { nearest } from "@mcp-flowgate/config-compiler";
import {
  DEFAULT_INHERIT_ENV,
  type CliConnectionIr,
  type ConnectionIr,
  type GatewayPlan,
  type HttpConnectionIr,
  type Log,
  type McpStdioConnectionIr,
} from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import {
  createOutboundFetch,
  createTokenSource,
  isPerCaller,
  type TokenSource,
} from "@mcp-flowgate/outbound";
import { openToolSource } from "../catalogue/open-tool-source.ts";
import type { ToolSource } from "../catalogue/tool-source.ts";
import { systemClock } from "../host/clock.ts";
import { dial } from "./dial.ts";
import { problem, type Problem, type Tried } from "./finding.ts";
import { missingCommand } from "./find-command.ts";
import { usesOf, type Uses } from "./uses.ts";

/** Uses every connection once, as the gateway would, and runs no tool. All at the same time, each for `timeoutMs` at most. */
export async function tryConnections(
  plan: GatewayPlan,
  timeoutMs: number,
  log: Log,
): Promise<readonly Tried[]> {
  const opened = openToolSource(plan, log);
  const { addresses, servers, source } = opened;
  const outbound = createOutboundFetch(addresses);
  const tokens = createTokenSource({ fetch: outbound.fetch, monotonic: () => systemClock.monotonic() });
  const uses = usesOf(plan);
  const attempt = async (connection: ConnectionIr): Promise<Pick<Tried, "seen" | "problems">> => {
    const what = `connection "${connection.name}"`;
    if (connection.kind === "cli") return await tryCommand(what, connection);
    if (connection.kind === "http") {
      const tried = await tryHttp(what, connection, { tokens, timeoutMs, dial: toDial });
      return tried.problems.length > 0 ? tried : await listDocuments(what, connection, tried);
    }
    if (connection.transport === "stdio") {
      const command = await tryCommand(what, connection);
      if (command.problems.length > 0) return command;
    } else {
      const reason = await toDial(connection.url);
      if (reason !== undefined) return { problems: [problem("FG701", what, reason)] };
    }
    return await tryTools(what, connection, uses);
  };
  const toDial = (url: string): Promise<string | undefined> => dial(url, addresses, timeoutMs);
  const tryTools = async (what: string, connection: ConnectionIr, { tools }: Uses) => {
    const { name } = connection;
    const from = plan.imports.find((one) => one.connection === name && one.openapi === undefined);
    const signal = AbortSignal.timeout(timeoutMs);
    const listed = await (from === undefined ? listPlain(servers, name, signal) : source.list(from, signal));
    if (!listed.ok) {
      // What only callers have a token for may refuse the gateway itself.
      const perCaller = "auth" in connection && isPerCaller(connection.auth);
      return { problems: [{ ...problem("FG701", what, listed.error.message), ...lenient(perCaller) }] };
    }
    const names = listed.value.tools.map((tool) => tool.name);
    const problems = tools
      .filter((use) => use.connection === name && !names.includes(use.tool))
      .map(({ tool, pointer }): Problem => {
        const close = nearest(tool, names);
        const hint = close === undefined ? "" : `; did you mean "${close}"?`;
        return { ...problem("FG702", what, `it has no tool "${tool}"${hint}`), pointer };
      });
    return { seen: count(names.length, "tool"), problems };
  };
  const listDocuments = async (
    what: string,
    { name }: ConnectionIr,
    tried: Pick<Tried, "seen" | "problems">,
  ) => {
    const fetched = plan.imports.filter((one) => one.connection === name && one.openapi?.kind === "url");
    for (const from of fetched) {
      const listed = await source.list(from, AbortSignal.timeout(timeoutMs));
      if (!listed.ok) return { problems: [problem("FG701", what, listed.error.message)] };
    }
    return tried;
  };
  try {
    const connections = Object.values(plan.connections).map(async (connection): Promise<Tried> => ({
      what: `connection "${connection.name}"`,
      pointer: `/connections/${connection.name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      ...(await attempt(connection)),
    }));
    const commands = uses.commands.map(async ({ command, pointer }): Promise<Tried> => ({
      what: `command "${command}"`,
      pointer,
      ...(await tryCommand(`command "${command}"`, { command })),
    }));
    return await Promise.all([...connections, ...commands]);
  } finally {
    await opened.close();
    await outbound.close();
  }
}

async function listPlain(
  servers: McpConnections,
  name: string,
  signal: AbortSignal,
): Promise<ReturnType<ToolSource["list"]> extends Promise<infer R> ? R : never> {
  const listed = await servers.listTools(name, { signal });
  return listed.ok
    ? { ok: true, value: { tools: listed.value.tools, problems: listed.value.problems } }
    : { ok: false, error: { status: "failed", ...listed.error } };
}

async function tryCommand(
  what: string,
  connection: Pick<CliConnectionIr, "command"> &
    Partial<Pick<CliConnectionIr, "env" | "inheritEnv" | "workingDirectory">> &
    Partial<Pick<McpStdioConnectionIr, "cwd">>,
): Promise<Pick<Tried, "seen" | "problems">> {
  const { command, env = {}, inheritEnv = DEFAULT_INHERIT_ENV } = connection;
  const cwd = connection.workingDirectory ?? connection.cwd;
  const path = env["PATH"] ?? (inheritEnv.includes("PATH") ? process.env["PATH"] : undefined);
  const missing = await missingCommand({
    command,
    ...(cwd === undefined ? {} : { cwd }),
    ...(path === undefined ? {} : { path }),
  });
  return missing === undefined
    ? { seen: "the command is there", problems: [] }
    : { problems: [problem("FG703", what, missing)] };
}

async function tryHttp(
  what: string,
  { baseUrl, auth }: HttpConnectionIr,
  options: {
    readonly tokens: TokenSource;
    readonly timeoutMs: number;
    readonly dial: (url: string) => Promise<string | undefined>;
  },
): Promise<Pick<Tried, "seen" | "problems">> {
  const problems: Problem[] = [];
  const reason = await options.dial(baseUrl);
  if (reason !== undefined) problems.push(problem("FG701", what, reason));
  if (auth?.kind === "oauth2ClientCredentials") {
    const token = await options.tokens.token(
      { kind: "client", auth },
      AbortSignal.timeout(options.timeoutMs),
    );
    if (!token.ok) problems.push(problem("FG701", what, token.error.message));
  } else if (auth?.kind === "tokenExchange") {
    const far = await options.dial(auth.tokenUrl);
    if (far !== undefined) problems.push(problem("FG701", what, far));
  }
  const seen =
    auth?.kind === "oauth2ClientCredentials" ? "it answers, and its token was fetched" : "it answers";
  return { seen, problems };
}

function lenient(perCaller: boolean): Partial<Problem> {
  return perCaller ? { severity: "warning" } : {};
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
