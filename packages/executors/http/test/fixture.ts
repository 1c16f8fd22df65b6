import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  Executor,
  ExecutorContext,
  ExecutorFailure,
  ExecutorOutcome,
  HttpCall,
  HttpConnectionIr,
  Json,
} from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createHttpExecutor } from "@mcp-flowgate/executor-http";
import type { HttpExecutorOptions } from "@mcp-flowgate/executor-http";
import { afterEach } from "vitest";

const open: { readonly servers: Server[]; readonly executors: Executor[] } = { servers: [], executors: [] };

afterEach(async () => {
  await Promise.all(open.executors.splice(0).map((executor) => executor.close?.()));
  for (const server of open.servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Names as they came, repeated ones too. */
  readonly rawHeaderNames: readonly string[];
  readonly body: string;
}

export type Respond = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void;

export interface Api {
  /** Origin, without a slash at its end. */
  readonly origin: string;
  readonly seen: Seen[];
  readonly server: Server;
}

/** A server on loopback that records what it was asked. Without `respond` it answers with it. */
export async function listen(respond: Respond = echo): Promise<Api> {
  const seen: Seen[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const one: Seen = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      rawHeaderNames: request.rawHeaders.filter((_, index) => index % 2 === 0),
      body,
    };
    seen.push(one);
    respond(one, response, request);
  };
  const server = createServer((request, response) => void handle(request, response));
  open.servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server };
}

export function json(
  response: ServerResponse,
  value: Json,
  status = 200,
  headers: { readonly [name: string]: string } = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

function echo(seen: Seen, response: ServerResponse): void {
  json(response, { method: seen.method, url: seen.url, body: seen.body });
}

export function createExecutor(
  connection: Partial<HttpConnectionIr>,
  rest: Partial<HttpExecutorOptions> = {},
): Executor {
  const api: HttpConnectionIr = {
    kind: "http",
    name: "api",
    tags: [],
    baseUrl: "",
    headers: {},
    ...connection,
  };
  const quiet = (): void => undefined;
  const executor = createHttpExecutor({
    connections: { get: (name) => (name === "api" ? api : undefined) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...rest,
  });
  open.executors.push(executor);
  return executor;
}

export function toCall(path: string, rest: Partial<HttpCall> = {}): HttpCall {
  return {
    kind: "http",
    connection: "api",
    method: "GET",
    path,
    query: [],
    headers: {},
    bodyFormat: "json",
    maxResponseBytes: 1024 * 1024,
    ...rest,
  };
}

export function toContext(rest: Partial<ExecutorContext> = {}): ExecutorContext {
  return {
    workflowId: "wf_1",
    definitionId: "definition",
    transition: "go",
    idempotencyKey: "wf_1.0.go.abc",
    attempt: 1,
    deadlineAt: Date.now() + 20_000,
    signal: AbortSignal.timeout(20_000),
    principal: ANONYMOUS,
    correlationId: "cor_1",
    ...rest,
  };
}

export function outputOf(outcome: ExecutorOutcome): {
  readonly status: number;
  readonly headers: Json;
  readonly body: Json;
} {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output as { status: number; headers: Json; body: Json };
}

export function failureOf(outcome: ExecutorOutcome): ExecutorFailure {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome;
}
