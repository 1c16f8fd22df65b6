import { realpathSync } from "node:fs";
import type { Surface } from "../surface/surface.ts";

/** What a person needs next: the endpoint, the tools, and how to connect the clients they are likely to have. */
export function welcome(options: {
  readonly endpoint: string;
  readonly config: string;
  readonly surface: Surface;
  readonly counts: {
    readonly capabilities: number;
    readonly workflows: number;
    readonly connections: number;
  };
}): string {
  const { endpoint, surface, counts } = options;
  const command = realpathSync(process.argv[1] as string);
  const config = realpathSync(options.config);
  const example = JSON.stringify({ query: "count the words in a file" });
  return `
  mcp-flowgate is ready:  ${endpoint}
  ${counts.capabilities} capabilities and ${counts.workflows} workflow${counts.workflows === 1 ? "" : "s"} of ${counts.connections} connections behind seven tools:
    ${surface
      .tools()
      .map((tool) => tool.name)
      .join("  ")}

  Try it from another terminal:
    npx mcp-flowgate call --url ${endpoint} gateway.search '${example}'

  Connect a client:
    VS Code          .vscode/mcp.json            {"servers":{"flowgate":{"type":"http","url":"${endpoint}"}}}
    Cursor           .cursor/mcp.json            {"mcpServers":{"flowgate":{"url":"${endpoint}"}}}
    Claude Desktop   claude_desktop_config.json  ${JSON.stringify({ mcpServers: { flowgate: { command: process.execPath, args: [command, "serve", "--config", config, "--transport", "stdio"] } } })}
    MCP Inspector    npx @modelcontextprotocol/inspector --transport http --server-url ${endpoint}

  A step that waits for a person:
    npx mcp-flowgate approvals list
    npx mcp-flowgate approvals approve ID --as NAME

  Ctrl-C stops it.
`;
}
