import type { IncomingMessage, ServerResponse } from "node:http";
import type { isSpecType } from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { McpIdentity } from "../mcp/server-factory.ts";
import { textOf, type Answer, type Caller } from "../surface/answer.ts";
import type { Surface } from "../surface/surface.ts";

/**
 * The short way for the calls that agents make all day: one `tools/call` of one of the seven tools, without progress and
 * without anything unusual. The SDK spends most of such a call on web streams and schemas; here it is read, run and written.
 *
 * - D1 Whatever is not plainly such a call goes to the SDK: other methods, batches, notifications, unknown tools, unknown
 *   keys, headers that disagree with the body. Nothing is refused here.
 * - D2 What is answered here is what the SDK would have answered: the same status, content type and message. A test
 *   holds the two ways together.
 */
export interface DirectCalls {
  /**
   * How to answer, or undefined where the SDK must.
   *
   * @param isSpecType the SDK's checks, once it is loaded; without them only a known envelope is recognised.
   */
  recognise(
    request: IncomingMessage,
    message: unknown,
    isSpecType: SpecTypeChecks | undefined,
  ): DirectCall | undefined;
}

export type SpecTypeChecks = Pick<typeof isSpecType, "Implementation" | "ClientCapabilities">;

export type DirectCall = (
  response: ServerResponse,
  who: Pick<Caller, "principal" | "credentials">,
) => Promise<void>;

const MODERN = "2026-07-28";
const LEGACY: readonly (string | undefined)[] = [undefined, "2025-11-25", "2025-06-18", "2025-03-26"];
const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
const CLIENT_KEY = "io.modelcontextprotocol/clientInfo";
const CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";
const SERVER_KEY = "io.modelcontextprotocol/serverInfo";

/** As often as the SDK tells a waiting client of the older era that its stream is alive. */
const KEEP_ALIVE_MS = 15_000;

/** Envelopes that were found to be well-formed: a client sends the same one with every call. */
const MAX_KNOWN_ENVELOPES = 256;

export function createDirectCalls(surface: Surface, identity: McpIdentity): DirectCalls {
  const knownEnvelopes = new Set<string>();
  const isWellFormed = (
    client: Json | undefined,
    capabilities: Json | undefined,
    checks: SpecTypeChecks | undefined,
  ): boolean => {
    const key = JSON.stringify([client, capabilities]);
    if (knownEnvelopes.has(key)) return true;
    if (checks?.Implementation(client) !== true || !checks.ClientCapabilities(capabilities)) return false;
    if (knownEnvelopes.size >= MAX_KNOWN_ENVELOPES) knownEnvelopes.clear();
    knownEnvelopes.add(key);
    return true;
  };

  /** What the newer era adds to each result. */
  const modernRest = `,${JSON.stringify({ resultType: "complete", _meta: { [SERVER_KEY]: { ...identity } } }).slice(1, -1)}`;

  const eraOf = (
    request: IncomingMessage,
    name: string,
    meta: Json | undefined,
    checks: SpecTypeChecks | undefined,
  ): "modern" | "legacy" | undefined => {
    const { headers } = request;
    const version = headers["mcp-protocol-version"];
    if (meta === undefined)
      return LEGACY.includes(version as string | undefined) && headers["mcp-session-id"] === undefined
        ? "legacy"
        : undefined;
    if (version !== MODERN || headers["mcp-method"] !== "tools/call" || headers["mcp-name"] !== name)
      return undefined;
    if (!isJsonObject(meta) || Object.keys(meta).length !== 3 || meta[VERSION_KEY] !== MODERN)
      return undefined;
    return isWellFormed(meta[CLIENT_KEY], meta[CAPABILITIES_KEY], checks) ? "modern" : undefined;
  };

  return {
    recognise(request, message, checks) {
      const call = readCall(message);
      if (call === undefined || !surface.has(call.name) || !speaksBothTypes(request)) return undefined;
      const era = eraOf(request, call.name, call.meta, checks);
      if (era === undefined) return undefined;
      const { traceparent, tracestate } = request.headers;
      return async (response, who) => {
        const send = era === "modern" ? jsonSender(response) : openStream(response);
        const answer = await surface.call(call.name, call.args, {
          ...who,
          correlationId: surface.newCorrelationId(),
          signal: () => closing(response),
          ...(typeof traceparent === "string" ? { traceparent } : {}),
          ...(typeof tracestate === "string" ? { tracestate } : {}),
        });
        const result = toResultText(answer);
        const rest = era === "modern" ? modernRest : "";
        send(`{"result":{${result}${rest}},"jsonrpc":"2.0","id":${JSON.stringify(call.id)}}`);
      };
    },
  };
}

/** The members of `toCallToolResult` as JSON: the body, which is most of it, is written once for both of its places. */
function toResultText(answer: Answer): string {
  const { content = [], isError } = answer;
  const text = textOf(answer);
  let blocks = `{"type":"text","text":${JSON.stringify(text)}}`;
  for (const block of content) blocks += `,${JSON.stringify(block)}`;
  return `"content":[${blocks}],"structuredContent":${text}${isError ? ',"isError":true' : ""}`;
}

/** Aborted when the connection ends before the answer. */
function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  else response.once("close", () => gone.abort());
  return gone.signal;
}

interface PlainCall {
  readonly id: string | number;
  readonly name: string;
  readonly args: JsonObject;
  readonly meta: Json | undefined;
}

function readCall(message: unknown): PlainCall | undefined {
  if (!isJsonObject(message) || !hasOnly(message, ["jsonrpc", "id", "method", "params"])) return undefined;
  const { jsonrpc, id, method, params } = message;
  if (jsonrpc !== "2.0" || method !== "tools/call" || !isJsonObject(params)) return undefined;
  if (typeof id !== "string" && !Number.isSafeInteger(id)) return undefined;
  if (!hasOnly(params, ["name", "arguments", "_meta"]) || typeof params["name"] !== "string")
    return undefined;
  const args = Object.hasOwn(params, "arguments") ? params["arguments"] : {};
  if (!isJsonObject(args)) return undefined;
  return { id: id as string | number, name: params["name"], args, meta: params["_meta"] };
}

function hasOnly(object: JsonObject, keys: readonly string[]): boolean {
  return Object.keys(object).every((key) => keys.includes(key));
}

function speaksBothTypes({ headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? "";
  return (
    headers["content-type"] === "application/json" &&
    accept.includes("application/json") &&
    accept.includes("text/event-stream")
  );
}

function jsonSender(response: ServerResponse): (text: string) => void {
  return (text) => {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  };
}

/** A stream of one event, which says that it lives while the call takes long. */
function openStream(response: ServerResponse): (text: string) => void {
  const begin = (length?: number): void => {
    if (!response.headersSent)
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        ...(length === undefined ? {} : { "content-length": length }),
      });
  };
  const keepAlive = setInterval(() => {
    begin();
    response.write(": keepalive\n\n");
  }, KEEP_ALIVE_MS);
  response.once("close", () => clearInterval(keepAlive));
  return (text) => {
    clearInterval(keepAlive);
    const event = `event: message\ndata: ${text}\n\n`;
    // Where it is all that there is, headers and event go out in one write.
    begin(Buffer.byteLength(event));
    response.end(event);
  };
}
