import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuthInfo, McpServerFactory, ServerContext } from "@modelcontextprotocol/server";
import {
  ANONYMOUS,
  isJsonObject,
  tryParseJson,
  type CallerCredentials,
  type Json,
  type Log,
  type Principal,
} from "@mcp-flowgate/core";
import { findJsonFault, idOf } from "../host/json-fault.ts";
import { bearerToken, type Recognised } from "../identity/provider.ts";
import type { Caller } from "../surface/answer.ts";
import type { DirectCalls } from "./direct-call.ts";
import { readBody } from "./read-body.ts";
import { respondRpcError } from "./respond.ts";
import type { SdkEndpoint } from "./sdk-endpoint.ts";

/** The endpoint that speaks MCP, behind the gate. */
export interface McpEndpoint {
  serve(request: IncomingMessage, response: ServerResponse, caller: Recognised): Promise<void>;
  close(): Promise<void>;
}

/**
 * Asks, before a call is made, for a wider token where only that is missing. Returns true where it has answered.
 * @param message what the client sent, parsed.
 */
export type StepUp = (
  request: IncomingMessage,
  response: ServerResponse,
  caller: Recognised,
  message: unknown,
) => Promise<boolean>;

export function createMcpEndpoint(options: {
  /** Makes the server that answers one request. */
  readonly factory: McpServerFactory;
  /** Answers plain calls without the SDK. */
  readonly direct?: DirectCalls;
  readonly maxBodyBytes: number;
  readonly stepUp: StepUp;
  /** Calls its argument when what is offered has changed. */
  readonly onCatalogueChange?: (listener: () => void) => () => void;
  /** The process is on its way out. */
  readonly draining: () => boolean;
  readonly log: Log;
}): McpEndpoint {
  const { maxBodyBytes } = options;
  let loading: Promise<SdkEndpoint> | undefined;
  let sdk: SdkEndpoint | undefined;
  const loadSdk = async (): Promise<SdkEndpoint> => {
    const { createSdkEndpoint } = await import("./sdk-endpoint.ts");
    sdk = createSdkEndpoint(options);
    return sdk;
  };
  const serveMcp = async (
    request: IncomingMessage,
    response: ServerResponse,
    who: Pick<Caller, "principal" | "credentials">,
    body?: unknown,
  ): Promise<void> => {
    Object.assign(request, { auth: toAuthInfo(who) });
    loading ??= loadSdk();
    return (await loading).serve(request, response, body);
  };
  return {
    async serve(request, response, caller) {
      const who = toMcpCaller(request, caller);
      if (request.method !== "POST") return serveMcp(request, response, who);
      // Requests that the SDK would answer only after its own parse are refused before it: garbage and huge ones.
      const body = await readBody(request, maxBodyBytes);
      if (!body.ok) return respondRpcError(response, body.error.status, -32_000, body.error.message);
      const message = tryParseJson(body.value);
      if (message === undefined)
        return respondRpcError(response, 400, -32_700, "Parse error: the body is not JSON.");
      const fault = findJsonFault(body.value);
      if (fault !== undefined)
        return respondRpcError(response, 400, -32_600, `Invalid request: ${fault}.`, idOf(message));
      if (options.draining() && isStart(message)) {
        // By a status that balancers and clients know to try elsewhere, or again, since nothing was done.
        response.setHeader("retry-after", "1");
        return respondRpcError(
          response,
          503,
          -32_000,
          "DRAINING: the gateway is shutting down; try again shortly.",
        );
      }
      if (caller.scopes !== undefined && (await options.stepUp(request, response, caller, message)))
        return undefined;
      const direct = options.direct?.recognise(request, message, sdk?.isSpecType);
      if (direct !== undefined) return direct(response, who);
      return serveMcp(request, response, who, message);
    },
    async close() {
      await (await loading)?.close();
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

/**
 * Over MCP nobody is a person: whatever a person's program sends with their key may be a model's doing. People decide
 * over the admin API and the command line.
 */
function toMcpCaller(
  request: IncomingMessage,
  { principal }: Recognised,
): Pick<Caller, "principal" | "credentials"> {
  const bearer = bearerToken(request);
  return {
    principal: principal.kind === "human" ? { ...principal, kind: "agent" } : principal,
    ...(bearer === undefined ? {} : { credentials: { bearer: () => bearer } }),
  };
}

/** The SDK carries who calls beside the request; the principal travels in its `extra`, and the token behind a function. */
function toAuthInfo(who: Pick<Caller, "principal" | "credentials">): AuthInfo {
  const { principal } = who;
  return { token: "", clientId: principal.subject, scopes: [...principal.permissions], extra: { ...who } };
}

function isStart(message: unknown): boolean {
  const params = isJsonObject(message as Json) ? (message as { params?: Json }).params : undefined;
  const name = isJsonObject(params) ? params["name"] : undefined;
  return name === "workflow.start" || name === "workflow_start";
}
