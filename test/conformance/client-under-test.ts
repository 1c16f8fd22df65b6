/*
 * The client of the official scenarios: the gateway's own connections to MCP servers, and nothing of the protocol beside
 * them. The suite starts it with the URL of a server, and with the scenario's name and data in its environment.
 */
import type { ConnectionIr, JsonObject, McpHttpConnectionIr } from "@mcp-flowgate/core";
import { createMcpConnections } from "@mcp-flowgate/executor-mcp";

const url = process.argv.at(-1) ?? "";
const { MCP_CONFORMANCE_SCENARIO: scenario = "", MCP_CONFORMANCE_CONTEXT: given = "{}" } = process.env;
const context = JSON.parse(given) as {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
  readonly client_id?: string;
  readonly client_secret?: string;
};

const write = (message: string, fields: unknown): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const server = await toConnection();
const connections = createMcpConnections({
  directory: { get: (): ConnectionIr => server },
  hostEnv: {},
  log: { debug: write, info: write, warn: write, error: write },
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  clientInfo: { name: "mcp-flowgate", version: "0.0.0" },
});
const inTime = { signal: AbortSignal.timeout(20_000) };

const listed = await connections.listTools("server", inTime);
if (!listed.ok) throw new Error(listed.error.message);
write("listed", listed.value);
for (const call of toCalls(listed.value.tools)) {
  const called = await connections.call("server", {
    tool: call.name,
    arguments: call.arguments,
    meta: {},
    ...inTime,
  });
  write("called", called);
}
await connections.close();

/** Every tool that is listed, with arguments that fit, unless the scenario says which. */
function toCalls(tools: readonly { readonly name: string; readonly inputSchema: JsonObject }[]) {
  if (context.toolCalls !== undefined) return context.toolCalls;
  if (scenario === "json-schema-2020-12-preservation") {
    // The suite looks at a schema as the client passes it on.
    const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema ?? {};
    return tools.flatMap(({ name }) => (name.includes("echo") ? [{ name, arguments: { schema } }] : []));
  }
  return tools.map(({ name, inputSchema }) => {
    const properties = (inputSchema["properties"] ?? {}) as {
      readonly [key: string]: { readonly type?: string };
    };
    const values = Object.entries(properties).map(([key, { type }]) => [
      key,
      type === "number" || type === "integer"
        ? 5
        : type === "boolean"
          ? true
          : type === "string"
            ? "text"
            : {},
    ]);
    return { name, arguments: Object.fromEntries(values) as JsonObject };
  });
}

/** As an operator would write it down: where the authorization server is, is part of the configuration. */
async function toConnection(): Promise<McpHttpConnectionIr> {
  const plain = { kind: "mcp", transport: "http", name: "server", tags: [], url, headers: {} } as const;
  if (context.client_id === undefined || context.client_secret === undefined) return plain;
  const { tokenUrl } = await findTokenEndpoint();
  return {
    ...plain,
    auth: {
      kind: "oauth2ClientCredentials",
      tokenUrl,
      clientId: context.client_id,
      clientSecret: context.client_secret,
      scopes: [],
    },
  };
}

async function findTokenEndpoint(): Promise<{ readonly tokenUrl: string }> {
  const { origin, pathname } = new URL(url);
  const resource = (await (
    await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)
  ).json()) as {
    readonly authorization_servers: readonly [string];
  };
  const issuer = new URL(resource.authorization_servers[0]);
  const metadata = (await (
    await fetch(
      `${issuer.origin}/.well-known/oauth-authorization-server${issuer.pathname.replace(/\/$/, "")}`,
    )
  ).json()) as { readonly token_endpoint: string };
  return { tokenUrl: metadata.token_endpoint };
}
