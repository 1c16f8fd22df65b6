import type { AuthProvider, FetchLike, JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { McpHttpConnectionIr } from "@mcp-flowgate/core";
import { ANSWER_LOST, McpConnectionError, notSent } from "./failure.ts";
import type { TokenSource } from "./oauth-token.ts";

export interface HttpTransportOptions {
  readonly connection: McpHttpConnectionIr;
  readonly kind: "streamable" | "sse";
  readonly fetch: FetchLike;
  readonly tokens: TokenSource;
}

export interface HttpTransport {
  readonly transport: Transport;
  /** Tells a server that keeps sessions that this one is over. */
  readonly terminate: () => Promise<void>;
}

/** A transport to a Streamable HTTP endpoint, or to one of the older kind that has a stream of its own. */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
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
    ? noticeLostAnswers(new StreamableHTTPClientTransport(url, shared))
    : { transport: new SSEClientTransport(url, shared), terminate: () => Promise.resolve() };
}

/**
 * A transport whose requests fail when the stream that should bring their answer is gone for good. The SDK's own leaves
 * such a request waiting for its timeout.
 */
function noticeLostAnswers(streamable: StreamableHTTPClientTransport): HttpTransport {
  const inner: Transport = streamable;
  const asked = new Set<string | number>();
  const lose = (id: string | number): void => {
    if (!asked.delete(id)) return;
    outer.onmessage?.({ jsonrpc: "2.0", id, error: { code: ANSWER_LOST, message: "The answer was lost." } });
  };
  const outer: Transport = {
    hasPerRequestStream: true,
    get sessionId() {
      return inner.sessionId;
    },
    setProtocolVersion: (version) => streamable.setProtocolVersion(version),
    start: () => inner.start(),
    close: () => inner.close(),
    async send(message, sendOptions) {
      const id = "method" in message && "id" in message ? message.id : undefined;
      if (id === undefined) return await inner.send(message, sendOptions);
      asked.add(id);
      sendOptions?.requestSignal?.addEventListener("abort", () => asked.delete(id), { once: true });
      try {
        await inner.send(message, {
          ...sendOptions,
          onRequestStreamEnd: () => {
            sendOptions?.onRequestStreamEnd?.();
            lose(id);
          },
        });
      } catch (thrown) {
        asked.delete(id);
        throw thrown;
      }
    },
  };
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
  inner.onmessage = (message: JSONRPCMessage) => {
    if (!("method" in message) && message.id !== undefined) asked.delete(message.id);
    outer.onmessage?.(message);
  };
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
  inner.onclose = () => outer.onclose?.();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
  inner.onerror = (error) => outer.onerror?.(error);
  return { transport: outer, terminate: () => streamable.terminateSession() };
}
