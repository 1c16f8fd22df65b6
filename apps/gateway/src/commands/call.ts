import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { ANONYMOUS, isJsonObject, parseJson, type Json, type JsonObject } from "@mcp-flowgate/core";
import { compose } from "../compose.ts";
import { createLog } from "../host/log.ts";
import { stdioPrincipal } from "../identity/authenticator.ts";
import { TOOL_NAMES } from "../surface/tools.ts";
import { NAME, VERSION } from "../version.ts";
import { CommandError } from "./command-error.ts";
import { configFiles, loadPlan } from "./load.ts";

export interface CallOptions {
  readonly config?: readonly string[];
  readonly url?: string;
  readonly token?: string;
}

/** `call`: one call of one tool, through a running gateway (`--url`) or one made for this call (`-c`). Prints the answer as JSON. */
export async function call(
  tool: string,
  argumentsText: string,
  options: CallOptions,
  write: (text: string) => void,
): Promise<void> {
  const args = parseArguments(argumentsText);
  const name = TOOL_NAMES.find((known) => known === tool || known.replace(".", "_") === tool);
  if (name === undefined)
    throw new CommandError(`There is no tool "${tool}". The tools are ${TOOL_NAMES.join(", ")}.`, 2);
  const answer =
    options.url === undefined
      ? await callHere(name, args, options)
      : await callThere(options.url, name, args, options.token);
  write(`${JSON.stringify(answer.body, null, 2)}\n`);
  if (answer.isError) process.exitCode = 1;
}

async function callThere(
  url: string,
  name: string,
  args: JsonObject,
  token: string | undefined,
): Promise<{ body: Json; isError: boolean }> {
  if (!URL.canParse(url)) throw new CommandError(`--url ${url} is not a URL.`, 2);
  const client = new Client({ name: `${NAME}-call`, version: VERSION });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const listed = await client.listTools();
    // A gateway may show underscores in place of dots.
    const shown = listed.tools.some((tool) => tool.name === name) ? name : name.replace(".", "_");
    const result = await client.callTool({ name: shown, arguments: args });
    return { body: (result.structuredContent ?? result.content) as Json, isError: result.isError === true };
  } catch (error) {
    throw new CommandError(
      `${url} could not be called: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await client.close();
  }
}

async function callHere(
  name: string,
  args: JsonObject,
  options: CallOptions,
): Promise<{ body: Json; isError: boolean }> {
  const plan = await loadPlan(configFiles(options.config));
  const gateway = await compose(plan, createLog({ level: "warn", format: "text" }));
  try {
    await gateway.start();
    const principal = plan.identity.length === 0 ? ANONYMOUS : stdioPrincipal(plan);
    return await gateway.surface.call(name, args, {
      principal,
      correlationId: gateway.surface.newCorrelationId(),
      signal: () => new AbortController().signal,
    });
  } finally {
    await gateway.close();
  }
}

function parseArguments(text: string): JsonObject {
  let value: Json;
  try {
    value = parseJson(text) as Json;
  } catch (error) {
    throw new CommandError(
      `The arguments are not JSON: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
  if (!isJsonObject(value))
    throw new CommandError('The arguments must be a JSON object, for example \'{"query":"…"}\'.', 2);
  return value;
}
