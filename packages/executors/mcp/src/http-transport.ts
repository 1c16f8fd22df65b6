import type {
  AuthProvider,
  FetchLike,
  JSONRPCMessage,
  StreamableHTTPClientTransport,
  Transport,
} from "@modelcontextprotocol/client";
import type { AuthIr, CallerCredentials, McpHttpConnectionIr } from "@mcp-flowgate/core";
import { toCredentials, toOwnCredentials } from "@mcp-flowgate/outbound";
import type { Credentials, TokenSource } from "@mcp-flowgate/outbound";
import { ANSWER_LOST, McpConnectionError, notSent } from "./failure.ts";
import { loadSdk } from "./sdk.ts";

export interface HttpTransportOptions {
  readonly connection: McpHttpConnectionIr;
  readonly kind: "streamable" | "sse";
  readonly fetch: FetchLike;
  readonly tokens: TokenSource;
  /** Whose session this is, for a connection that gives each caller one of its own; else the gateway's. */
  readonly caller: CallerCredentials | undefined;
}

export interface HttpTransport {
  readonly transport: Transport;
  /** Tells a server that keeps sessions that this one is over. */
  readonly terminate: () => Promise<void>;
}

/**
 * A transport to a Streamable HTTP endpoint, or to one of the older kind that has a stream of its own.
 *
 * @throws {McpConnectionError} when there are no credentials for it.
 */
export async function createHttpTransport(options: HttpTransportOptions): Promise<HttpTransport> {
  const { connection } = options;
  const { auth } = connection;
  const url = new URL(connection.url);
  const headers: Record<string, string> = { ...connection.headers };
  let authProvider: AuthProvider | undefined;
  if (auth !== undefined && isRenewed(auth)) {
    authProvider = toAuthProvider(auth, url, options);
  } else if (auth !== undefined) {
    const credentials = await credentialsOf(auth, url, options);
    Object.assign(headers, credentials.headers);
    for (const [name, value] of credentials.query) url.searchParams.set(name, value);
  }
  const shared = {
    fetch: options.fetch,
    requestInit: { headers },
    ...(authProvider === undefined ? {} : { authProvider }),
  };
  const sdk = await loadSdk();
  return options.kind === "streamable"
    ? noticeLostAnswers(new sdk.StreamableHTTPClientTransport(url, shared))
    : { transport: new sdk.SSEClientTransport(url, shared), terminate: () => Promise.resolve() };
}

/** Whether a session outlives what its requests are authenticated with. */
function isRenewed({ kind }: AuthIr): boolean {
  return kind === "oauth2ClientCredentials" || kind === "tokenExchange" || kind === "forward";
}

function toAuthProvider(auth: AuthIr, target: URL, options: HttpTransportOptions): AuthProvider {
  let last: Credentials | undefined;
  return {
    async token() {
      last = await credentialsOf(auth, target, options);
      return last.headers["authorization"]?.replace(/^Bearer /, "");
    },
    // Without it the SDK says at once that the credentials were refused.
    ...(auth.kind === "forward"
      ? {}
      : {
          onUnauthorized: () => {
            last?.refused?.();
            return Promise.resolve();
          },
        }),
  };
}

async function credentialsOf(
  auth: AuthIr,
  target: URL,
  { connection, tokens, caller }: HttpTransportOptions,
): Promise<Credentials> {
  const credentials = await (caller === undefined
    ? toOwnCredentials(auth, { target, tokens })
    : toCredentials(auth, { target, caller, tokens }));
  if (credentials.ok) return credentials.value;
  const { errorClass, message } = credentials.error;
  throw new McpConnectionError(notSent(`${connection.name} was not called. ${message}.`, errorClass));
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
