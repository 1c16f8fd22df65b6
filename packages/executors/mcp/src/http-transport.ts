import type { AuthProvider, FetchLike, Transport } from "@modelcontextprotocol/client";
import { SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { McpHttpConnectionIr } from "@mcp-flowgate/core";
import { McpConnectionError, notSent } from "./failure.ts";
import type { TokenSource } from "./oauth-token.ts";

export interface HttpTransportOptions {
  readonly connection: McpHttpConnectionIr;
  readonly kind: "streamable" | "sse";
  readonly fetch: FetchLike;
  readonly tokens: TokenSource;
}

/** A transport to a Streamable HTTP endpoint, or to one of the older kind that has a stream of its own. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { connection, tokens } = options;
  const url = new URL(connection.url);
  const headers: Record<string, string> = { ...connection.headers };
  const auth = connection.auth;
  let authProvider: AuthProvider | undefined;
  switch (auth?.kind) {
    case undefined:
      break;
    case "forward":
      // A session belongs to whoever opened it; one that is shared must not carry one caller's token.
      throw new McpConnectionError(
        notSent(`${connection.name} cannot forward tokens over MCP.`, "permanent"),
      );
    case "bearer":
      headers["authorization"] = `Bearer ${auth.token}`;
      break;
    case "basic":
      headers["authorization"] =
        `Basic ${Buffer.from(`${auth.username}:${auth.password}`, "utf8").toString("base64")}`;
      break;
    case "apiKey":
      if (auth.in === "header") headers[auth.name] = auth.value;
      else url.searchParams.set(auth.name, auth.value);
      break;
    case "oauth2ClientCredentials":
      authProvider = {
        token: () => tokens.token(auth),
        onUnauthorized: () => {
          tokens.forget(auth);
          return Promise.resolve();
        },
      };
      break;
  }
  const shared = {
    fetch: options.fetch,
    requestInit: { headers },
    ...(authProvider === undefined ? {} : { authProvider }),
  };
  return options.kind === "streamable"
    ? new StreamableHTTPClientTransport(url, shared)
    : new SSEClientTransport(url, shared);
}
