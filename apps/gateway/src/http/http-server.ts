import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import {
  createMcpHandler,
  type AuthInfo,
  type McpServerFactory,
  type ServerContext,
} from "@modelcontextprotocol/server";
import {
  toNodeHandler,
  type NodeIncomingMessageLike,
  type NodeServerResponseLike,
} from "@modelcontextprotocol/node";
import {
  ANONYMOUS,
  type CallerCredentials,
  type JsonObject,
  type Log,
  type Principal,
  type ServerIr,
} from "@mcp-flowgate/core";
import type { Authenticator } from "../identity/authenticator.ts";
import type { DirectCalls } from "./direct-call.ts";
import { createOriginCheck } from "./origin-check.ts";
import { readBody } from "./read-body.ts";

export interface HttpServing {
  /** Where it listens, for example `http://127.0.0.1:8787/mcp`. */
  readonly endpoint: string;
  /** Stops listening, lets what runs finish, then ends idle connections. */
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly server: ServerIr;
  /** Makes the server that answers one request. */
  readonly factory: McpServerFactory;
  /** Answers plain calls without the SDK. */
  readonly direct?: DirectCalls;
  readonly authenticate: Authenticator;
  /** Failing checks by name; empty means ready. */
  readonly notReady: () => Promise<readonly string[]>;
  /** Hears why a request was refused whose sender could not be identified. */
  readonly onRefused: (reason: string) => void;
  /** Where there are metrics: who may read them, and how. */
  readonly metrics?: {
    readonly mayRead: (principal: Principal) => boolean;
    readonly expose: () => Promise<string>;
  };
  readonly log: Log;
}

/** How long connections may take to end once everything that ran is finished. */
const LINGER_MS = 1000;

/** Requests that the SDK would answer only after its own parse are refused before it: garbage, huge, foreign, unknown. */
export async function serveMcpOverHttp(options: HttpOptions): Promise<HttpServing> {
  const { http } = options.server;
  const originProblem = createOriginCheck(http);
  const handler = createMcpHandler(options.factory, {
    maxRequestBodySize: http.maxBodyBytes,
    onerror: (error) => options.log.debug("mcp", { error: error.message }),
  });
  const serveNode = toNodeHandler(handler, { maxRequestBodySize: http.maxBodyBytes });
  // The adapter's types are Node's own written without `undefined`; they are the same objects.
  const serveMcp = (request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> =>
    serveNode(request as NodeIncomingMessageLike, response as NodeServerResponseLike, body);

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const problem = originProblem(request);
    if (problem !== undefined) return rpcError(response, 403, -32_000, problem);
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    if (path === "/health") return json(response, 200, { status: "ok" });
    if (path === "/ready") {
      const failing = await options.notReady();
      return json(response, failing.length === 0 ? 200 : 503, {
        status: failing.length === 0 ? "ready" : "not ready",
        failing,
      });
    }
    const who = await options.authenticate(request);
    if (!who.ok) {
      options.onRefused(who.error);
      response.setHeader("www-authenticate", 'Bearer realm="mcp-flowgate"');
      return rpcError(response, 401, -32_001, who.error);
    }
    if (path === "/metrics" && request.method === "GET" && options.metrics?.mayRead(who.value) === true) {
      const text = await options.metrics.expose();
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(text);
      return;
    }
    if (path !== http.path)
      return json(response, 404, { error: `There is nothing at ${path}. MCP is served at ${http.path}.` });
    const credentials = toCredentials(request);
    Object.assign(request, { auth: toAuthInfo(who.value, credentials) });
    if (request.method !== "POST") return serveMcp(request, response);
    const body = await readBody(request, http.maxBodyBytes);
    if (!body.ok) return rpcError(response, body.error.status, -32_000, body.error.message);
    const message = parse(body.value);
    if (message === undefined) return rpcError(response, 400, -32_700, "Parse error: the body is not JSON.");
    const direct = options.direct?.recognise(request, message);
    if (direct !== undefined)
      return direct(response, {
        principal: who.value,
        ...(credentials === undefined ? {} : { credentials }),
      });
    return serveMcp(request, response, message);
  };

  const answering = new Set<ServerResponse>();
  const answersSent = async (): Promise<void> => {
    await Promise.all(
      [...answering].map((response) => new Promise((resolve) => response.once("close", resolve))),
    );
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answering.add(response);
    response.once("close", () => answering.delete(response));
    route(request, response).catch((error: unknown) => {
      options.log.error("a request could not be answered", {
        error: error instanceof Error ? error.message : String(error),
      });
      if (response.headersSent) response.destroy();
      else rpcError(response, 500, -32_603, "Internal error");
    });
  };
  const server =
    http.tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: readFileSync(http.tls.cert), key: readFileSync(http.tls.key) }, listener);
  // A header or body that trickles in must not hold a connection for ever; a running call may take as long as its deadline.
  server.headersTimeout = 15_000;
  server.requestTimeout = http.requestTimeoutMs;
  await listen(server, http.host, http.port);
  const { port } = server.address() as AddressInfo;
  const shown = http.host.includes(":") && !http.host.startsWith("[") ? `[${http.host}]` : http.host;
  return {
    endpoint: `${http.tls === undefined ? "http" : "https"}://${shown}:${port}${http.path}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Answers that are still on their way out; streams that only listen end with the rest.
      const linger = setTimeout(() => server.closeAllConnections(), LINGER_MS);
      await Promise.race([closed, answersSent()]);
      await handler.close();
      server.closeIdleConnections();
      await closed;
      clearTimeout(linger);
    },
  };
}

/** Whoever the authenticator recognised for the request that a handler answers. */
export function httpPrincipal(context: ServerContext): Principal {
  return (context.http?.authInfo?.extra?.["principal"] as Principal | undefined) ?? ANONYMOUS;
}

/** What that request came with, whatever kind of identity recognised it. */
export function httpCredentials(context: ServerContext): CallerCredentials | undefined {
  return context.http?.authInfo?.extra?.["credentials"] as CallerCredentials | undefined;
}

/** The SDK carries who calls beside the request; the principal travels in its `extra`, and the token behind a function. */
function toAuthInfo(principal: Principal, credentials: CallerCredentials | undefined): AuthInfo {
  const extra = credentials === undefined ? { principal } : { principal, credentials };
  return { token: "", clientId: principal.subject, scopes: [...principal.permissions], extra };
}

function toCredentials({ headers }: IncomingMessage): CallerCredentials | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  return bearer === undefined ? undefined : { bearer: () => bearer };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: host.replace(/^\[|\]$/g, ""), port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function json(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

function rpcError(response: ServerResponse, status: number, code: number, message: string): void {
  const headers = { "content-type": "application/json", ...(status === 413 ? { connection: "close" } : {}) };
  response.writeHead(status, headers);
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}
