import type {
  ConnectionDirectory,
  Executor,
  ExecutorContext,
  ExecutorFailure,
  ExecutorOutcome,
  HttpCall,
  HttpConnectionIr,
  Log,
  ResolvedCall,
} from "@mcp-flowgate/core";
import {
  createAddressPolicy,
  createOutboundFetch,
  createTokenSource,
  REFUSED_ADDRESS,
} from "@mcp-flowgate/outbound";
import type { AddressPolicy, Credentials } from "@mcp-flowgate/outbound";
import { authorize } from "./authorize.ts";
import { toRequestBody } from "./body.ts";
import type { RequestBody } from "./body.ts";
import { refuse, toTransportFailure } from "./failure.ts";
import { toRequestHeaders } from "./headers.ts";
import { toOutcome, toRedirectFailure } from "./outcome.ts";
import { createPools } from "./pools.ts";
import { send } from "./send.ts";
import type { Answer } from "./send.ts";
import { toTarget } from "./target.ts";

export interface HttpExecutorOptions {
  readonly connections: ConnectionDirectory;
  readonly log: Log;
  /** What may be dialled; without lists of the operator's own unless given. */
  readonly addresses?: AddressPolicy;
}

const MAX_REDIRECTS = 5;

/**
 * The executor of kind `http`. Output: `{ status, headers, body }`, with headers in lower case and only those that carry
 * no credential. Evidence: `http_response`.
 *
 * Whatever a call holds, origin and path prefix of the request are those of the connection's base URL. Redirects are
 * followed within the origin only.
 */
export function createHttpExecutor(options: HttpExecutorOptions): Executor {
  const policy = options.addresses ?? createAddressPolicy();
  const pools = createPools(policy);
  const outbound = createOutboundFetch(policy);
  const tokens = createTokenSource({ fetch: outbound.fetch, monotonic: () => performance.now() });

  const perform = async (call: HttpCall, context: ExecutorContext): Promise<ExecutorOutcome> => {
    const connection = options.connections.get(call.connection);
    if (connection?.kind !== "http") return refuse(`There is no http connection "${call.connection}".`);
    const signal =
      connection.timeoutMs === undefined
        ? context.signal
        : AbortSignal.any([context.signal, AbortSignal.timeout(connection.timeoutMs)]);
    const body = toRequestBody(call);
    if (!body.ok) return refuse(body.error);

    for (let attempt = 1; ; attempt++) {
      const target = toTarget(connection.baseUrl, call.path, call.query);
      if (!target.ok) return refuse(target.error);
      const denied = policy.refuseHost(target.value.hostname);
      if (denied !== undefined) return toDenied(connection.name, denied);
      const credentials = await authorize(connection, target.value, context.credentials, tokens, signal);
      if (!credentials.ok) return refuse(`${credentials.error.message}.`, credentials.error.errorClass);
      for (const [name, value] of credentials.value.query) target.value.searchParams.set(name, value);
      const headers = toHeaders(call, connection, body.value, credentials.value, context);
      if (!headers.ok) return refuse(headers.error);

      const pool = await pools.pool(connection.name, target.value, connection.maxConcurrency);
      const exchange = await follow(target.value, call, body.value, headers.value, signal, (request) =>
        send(pool, request),
      );
      // A refused token was not acted upon, so the same request may go again with a new one.
      if (attempt === 1 && isStatus(exchange.answer, 401) && credentials.value.refused?.() === true) continue;
      if (exchange.answer.kind !== "answer") return toTransportFailure(exchange.answer, connection.name);
      if (exchange.stopped !== undefined)
        return toRedirectFailure(connection.name, exchange.answer, exchange.stopped);
      return toOutcome(call, connection.name, exchange.answer, Date.now());
    }
  };

  return {
    kind: "http",
    async execute(call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome> {
      if (call.kind !== "http") return refuse(`A call of kind ${call.kind} was given to the http executor.`);
      try {
        return await perform(call, context);
      } catch (thrown) {
        options.log.error("An HTTP call ended in an unforeseen way.", {
          connection: call.connection,
          error: String(thrown),
        });
        return {
          status: "failed",
          effect: "unknown",
          errorClass: "permanent",
          message: `The call to ${call.connection} ended in an unforeseen way.`,
        };
      }
    },
    async close() {
      await Promise.all([pools.close(), outbound.close()]);
    },
  };
}

interface Exchange {
  readonly answer: Answer;
  /** Why the last redirect was not followed. */
  readonly stopped?: string;
}

type SendRequest = (request: Parameters<typeof send>[1]) => Promise<Answer>;

async function follow(
  first: URL,
  call: HttpCall,
  body: RequestBody | undefined,
  headers: Record<string, string>,
  signal: AbortSignal,
  sendRequest: SendRequest,
): Promise<Exchange> {
  let target = first;
  let method = call.method.toUpperCase();
  let text = body?.text;
  for (let hop = 0; ; hop++) {
    const answer = await sendRequest({
      method,
      path: target.pathname + target.search,
      headers,
      ...(text === undefined ? {} : { body: text }),
      maxResponseBytes: call.maxResponseBytes,
      signal,
    });
    const location = answer.kind === "answer" ? redirectOf(answer) : undefined;
    if (answer.kind !== "answer" || location === undefined) return { answer };
    if (hop === MAX_REDIRECTS) return { answer, stopped: "it redirects too often" };
    if (!URL.canParse(location, target.href)) return { answer, stopped: "it redirects to what is not a URL" };
    const next = new URL(location, target.href);
    if (next.origin !== target.origin) return { answer, stopped: "it redirects to another origin" };
    // As in the Fetch standard, section 4.4: what is not meant to be repeated goes on as a GET.
    if (answer.status === 303 || ((answer.status === 301 || answer.status === 302) && method === "POST")) {
      if (method !== "HEAD") method = "GET";
      text = undefined;
      delete headers["content-type"];
      delete headers["idempotency-key"];
    }
    target = next;
  }
}

function redirectOf(answer: Extract<Answer, { kind: "answer" }>): string | undefined {
  const location = answer.headers["location"];
  return [301, 302, 303, 307, 308].includes(answer.status) && typeof location === "string"
    ? location
    : undefined;
}

function toDenied(connection: string, why: string): ExecutorFailure {
  return { ...refuse(`${connection} was not called. ${why}`), detail: { code: REFUSED_ADDRESS } };
}

function isStatus(answer: Answer, status: number): boolean {
  return answer.kind === "answer" && answer.status === status;
}

function toHeaders(
  call: HttpCall,
  connection: HttpConnectionIr,
  body: RequestBody | undefined,
  credentials: Credentials,
  context: ExecutorContext,
): ReturnType<typeof toRequestHeaders> {
  const own: Record<string, string> = {
    accept: "application/json, text/*;q=0.9, */*;q=0.8",
    "accept-encoding": "identity",
    "user-agent": "mcp-flowgate",
  };
  if (body !== undefined) own["content-type"] = body.contentType;
  const method = call.method.toUpperCase();
  if (method !== "GET" && method !== "HEAD") own["idempotency-key"] = context.idempotencyKey;
  if (context.traceparent !== undefined) own["traceparent"] = context.traceparent;
  if (context.tracestate !== undefined) own["tracestate"] = context.tracestate;
  // Credentials come last: nothing that a call carries can take their place.
  return toRequestHeaders(own, connection.headers, call.headers, credentials.headers);
}
