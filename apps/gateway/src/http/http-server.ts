import type { IncomingMessage, ServerResponse } from "node:http";
import type { McpServerFactory } from "@modelcontextprotocol/server";
import type { Clock, GatewayPlan, Log, Principal, ServerIr } from "@mcp-flowgate/core";
import type { Authenticator } from "../identity/authenticator.ts";
import type { DirectCalls } from "./direct-call.ts";
import type { AdminEndpoint } from "./admin-endpoint.ts";
import { createProtectedResource } from "./challenge.ts";
import { createGate } from "./gate.ts";
import { listenHttp, type Listening } from "./listen.ts";
import { createMcpEndpoint } from "./mcp-endpoint.ts";
import type { Recorder } from "./refusal-log.ts";
import { respondJson, respondMetrics, respondRpcError } from "./respond.ts";
import { createStepUp, type MissingPermissions } from "./step-up.ts";

export interface HttpServing {
  /** Where it listens, for example `http://127.0.0.1:8787/mcp`. */
  readonly endpoint: string;
  readonly renewTls: Listening["renewTls"];
  /** Stops listening, lets what runs finish, then ends idle connections. */
  close(): Promise<void>;
}

/** Who may read metrics, and how they are made. */
export interface ServedMetrics {
  readonly mayRead: (principal: Principal) => boolean;
  readonly expose: () => Promise<string>;
}

export interface HttpOptions {
  readonly plan: Pick<GatewayPlan, "identity" | "limits">;
  /** With what the command line says instead. */
  readonly server: ServerIr;
  /** Makes the server that answers one request. */
  readonly factory: McpServerFactory;
  /** Answers plain calls without the SDK. */
  readonly direct?: DirectCalls;
  readonly authenticate: Authenticator;
  /** Permissions that a caller would need for a call and does not have. */
  readonly missingPermissions: MissingPermissions;
  /** Failing checks by name; empty means ready. */
  readonly notReady: () => Promise<readonly string[]>;
  /** What does not work and keeps nobody from being served, by name. */
  readonly degraded: () => readonly string[];
  /** The process is on its way out. */
  readonly draining: () => boolean;
  /** Calls its argument when what is offered has changed. */
  readonly onCatalogueChange?: (listener: () => void) => () => void;
  /** Resolves when no call runs. */
  readonly idle?: () => Promise<void>;
  readonly metrics?: ServedMetrics;
  /** Where the admin API is served on this listener as well. */
  readonly admin?: AdminEndpoint;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly log: Log;
}

/** Serves MCP, health, readiness and metrics. */
export async function serveHttp(options: HttpOptions): Promise<HttpServing> {
  const { http } = options.server;
  const resource = createProtectedResource(options.plan, options.server);
  const gate = createGate({ ...options, http, limits: options.plan.limits, resource });
  const mcp = createMcpEndpoint({
    factory: options.factory,
    ...(options.direct === undefined ? {} : { direct: options.direct }),
    maxBodyBytes: http.maxBodyBytes,
    draining: options.draining,
    ...(options.onCatalogueChange === undefined ? {} : { onCatalogueChange: options.onCatalogueChange }),
    stepUp: createStepUp({
      resource,
      missingPermissions: options.missingPermissions,
      record: options.record,
    }),
    log: options.log,
  });

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Whoever keeps connections, as balancers do, takes the next one to somebody else.
    if (options.draining()) response.setHeader("connection", "close");
    if (!gate.isOurs(request, response)) return;
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    if (path === "/health") return respondJson(response, 200, { status: "ok" });
    if (path === "/ready") {
      const failing = await options.notReady();
      const isReady = failing.length === 0;
      const degraded = options.degraded();
      return respondJson(response, isReady ? 200 : 503, {
        status: isReady ? "ready" : "not ready",
        failing,
        ...(degraded.length === 0 ? {} : { degraded }),
      });
    }
    const metadata = resource.metadata(path, request.headers.host);
    if (metadata !== undefined) return respondJson(response, 200, metadata);
    const caller = await gate.admit(request, response);
    if (caller === undefined) return;
    if (
      path === "/metrics" &&
      request.method === "GET" &&
      options.metrics?.mayRead(caller.principal) === true
    )
      return respondMetrics(response, await options.metrics.expose());
    if (options.admin?.owns(path) === true) return options.admin.serve(request, response, caller.principal);
    if (path === http.path) return mcp.serve(request, response, caller);
    respondJson(response, 404, { error: `There is nothing at ${path}. MCP is served at ${http.path}.` });
  };

  const listening = await listenHttp(http, http, (request, response) => {
    route(request, response).catch((error: unknown) => {
      options.log.error("a request could not be answered", {
        error: error instanceof Error ? error.message : String(error),
      });
      if (response.headersSent) response.destroy();
      else respondRpcError(response, 500, -32_603, "Internal error");
    });
  });
  return {
    endpoint: `${listening.origin}${http.path}`,
    renewTls: listening.renewTls,
    close: () => listening.close(() => mcp.close(), options.idle),
  };
}
