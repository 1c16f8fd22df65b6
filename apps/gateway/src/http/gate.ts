import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, LimitsIr, Principal, ServerIr } from "@mcp-flowgate/core";
import type { Authenticator } from "../identity/authenticator.ts";
import type { Recognised } from "../identity/provider.ts";
import { createCallerLimits } from "./caller-limits.ts";
import type { ProtectedResource } from "./challenge.ts";
import { createCors } from "./cors.ts";
import { createOriginCheck } from "./origin-check.ts";
import { createRefusalLog, type Recorder } from "./refusal-log.ts";
import { respondRpcError } from "./respond.ts";

/**
 * What every request passes before anything is looked up for it, in this order:
 *
 * 1. `Host` and `Origin` belong here, on every path and with every method.
 * 2. A browser's preflight is answered; `open` paths are served to everybody who got this far.
 * 3. The caller is recognised. Unknown paths and methods come after: a stranger learns nothing from them.
 * 4. The caller has not had more than its share.
 *
 * A caller that passes is held in `release` until its answer is sent.
 */
export interface Gate {
  /** Whether the request may go on; where not, it is answered already. */
  isOurs(request: IncomingMessage, response: ServerResponse): boolean;
  /** Who calls, or nothing, and the request is answered already. */
  admit(request: IncomingMessage, response: ServerResponse): Promise<Recognised | undefined>;
}

export interface GateOptions {
  readonly http: ServerIr["http"];
  readonly limits: LimitsIr;
  readonly authenticate: Authenticator;
  readonly resource: ProtectedResource;
  readonly record: Recorder;
  readonly clock: Clock;
}

export function createGate(options: GateOptions): Gate {
  const { http, resource } = options;
  const originProblem = createOriginCheck(http);
  const preflight = createCors(http.allowedOrigins);
  const limits = createCallerLimits(options.limits, options.clock);
  const record = createRefusalLog(options.record, options.clock);
  return {
    isOurs(request, response) {
      const problem = originProblem(request);
      if (problem === undefined) return !preflight(request, response);
      respondRpcError(response, 403, -32_000, problem);
      return false;
    },
    async admit(request, response) {
      const who = await options.authenticate(request);
      const address = request.socket.remoteAddress ?? "unknown";
      if (!who.ok) {
        const { status, presented, message } = who.error;
        if (status === 503) response.setHeader("retry-after", "5");
        else {
          const parameters = presented ? { error: "invalid_token", error_description: message } : {};
          response.setHeader("www-authenticate", resource.challenge(request.headers.host, parameters));
        }
        record("auth.rejected", { address, reason: message });
        respondRpcError(response, status, -32_001, message);
        return undefined;
      }
      const { principal } = who.value;
      const admission = limits.admit(callerKey(principal, address));
      if (!admission.admitted) {
        response.setHeader("retry-after", String(Math.max(1, Math.ceil(admission.retryAfterMs / 1000))));
        record("rate.limited", { address, limit: admission.limit }, principal);
        respondRpcError(
          response,
          429,
          -32_002,
          `Too many requests of this caller (limits.${admission.limit}).`,
        );
        return undefined;
      }
      response.once("close", admission.release);
      return who.value;
    },
  };
}

/** Callers whom nobody can tell apart by name are told apart by where they are. */
function callerKey(principal: Principal, address: string): string {
  return principal.via === "anonymous" ? `address\n${address}` : `${principal.tenant}\n${principal.subject}`;
}
