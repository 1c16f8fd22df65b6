import type { Clock, GatewayPlan, Log, ServerIr } from "@mcp-flowgate/core";
import type { Authenticator } from "../identity/authenticator.ts";
import type { AdminEndpoint } from "./admin-endpoint.ts";
import { createProtectedResource } from "./challenge.ts";
import { createGate } from "./gate.ts";
import type { HttpServing, ServedMetrics } from "./http-server.ts";
import { listenHttp } from "./listen.ts";
import type { Recorder } from "./refusal-log.ts";
import { respondJson, respondMetrics, respondRpcError } from "./respond.ts";

/** Serves the admin API and metrics on a listener of its own, with the limits and the certificate of `server.http`. */
export async function serveAdmin(options: {
  readonly plan: Pick<GatewayPlan, "identity" | "limits">;
  readonly server: ServerIr;
  readonly address: { readonly host: string; readonly port: number };
  readonly endpoint: AdminEndpoint;
  readonly metrics?: ServedMetrics;
  readonly authenticate: Authenticator;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<HttpServing> {
  const { address, endpoint, log } = options;
  const http = { ...options.server.http, ...address };
  const resource = createProtectedResource(options.plan, options.server);
  const gate = createGate({ ...options, http, limits: options.plan.limits, resource });
  const listening = await listenHttp(http, address, (request, response) => {
    const route = async (): Promise<void> => {
      if (!gate.isOurs(request, response)) return;
      const path = (request.url ?? "/").split("?", 1)[0] as string;
      if (path === "/health") return respondJson(response, 200, { status: "ok" });
      const caller = await gate.admit(request, response);
      if (caller === undefined) return;
      const { metrics } = options;
      const isRead = path === "/metrics" && request.method === "GET";
      if (isRead && metrics?.mayRead(caller.principal) === true)
        return respondMetrics(response, await metrics.expose());
      await endpoint.serve(request, response, caller.principal);
    };
    route().catch((error: unknown) => {
      log.error("a request could not be answered", {
        error: error instanceof Error ? error.message : String(error),
      });
      if (response.headersSent) response.destroy();
      else respondRpcError(response, 500, -32_603, "Internal error");
    });
  });
  const { origin, renewTls } = listening;
  return { endpoint: origin, renewTls, close: () => listening.close(async () => undefined) };
}
