import type { IncomingMessage, ServerResponse } from "node:http";
import {
  isJsonObject,
  tryParseJson,
  type Clock,
  type Json,
  type Log,
  type Principal,
} from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";
import type { AdminApi } from "../admin/admin-api.ts";
import type { EventFeed } from "../admin/event-feed.ts";
import { ADMIN_OPERATIONS, type AdminOperation } from "../admin/operations.ts";
import type { Operations } from "../admin/observe.ts";
import { findJsonFault } from "../host/json-fault.ts";
import { streamEvents } from "./event-stream.ts";
import { readBody } from "./read-body.ts";
import { respondJson } from "./respond.ts";

/** The calls of operators and of people who decide, over HTTP. Everything is described by `/openapi.json`. */
export interface AdminEndpoint {
  /** Whether a path is one of its. */
  owns(path: string): boolean;
  serve(request: IncomingMessage, response: ServerResponse, caller: Principal): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Every operation is on the list of `operations.ts`, with the permission that it takes; what is not on it does not exist.
 * Workflows and approvals take none here: the engine itself decides what this caller may see and do.
 */
export function createAdminEndpoint(options: {
  readonly admin: AdminApi;
  readonly observe: Operations;
  readonly events: EventFeed;
  readonly clock: Clock;
  readonly log: Log;
}): AdminEndpoint {
  const { admin, observe, events, clock, log } = options;
  const call = async (
    operation: AdminOperation,
    url: URL,
    body: Json,
    caller: Principal,
  ): Promise<{ readonly status: number; readonly body: Json }> => {
    if (operation.run !== undefined) return operation.run(observe, url, caller);
    return admin({ method: operation.method, path: url.pathname, query: url.searchParams, body, caller });
  };
  return {
    owns: (path) => /^\/(?:admin|servers|stats|openapi\.json)(?:\/|$)/.test(path),
    async serve(request, response, caller) {
      const url = toUrl(request.url);
      if (url === undefined) return respondJson(response, 400, { error: "The path is not well-formed." });
      const found = ADMIN_OPERATIONS.filter(({ pattern }) => pattern.test(url.pathname));
      const operation = found.find(({ method }) => method === request.method);
      if (found.length === 0) return respondJson(response, 404, { error: "There is no such admin call." });
      if (operation === undefined) {
        response.setHeader("allow", found.map(({ method }) => method).join(", "));
        return respondJson(response, 405, {
          error: `Use ${found.map(({ method }) => method).join(" or ")}.`,
        });
      }
      if (operation.permission !== undefined && !grants(caller.permissions, operation.permission))
        return respondJson(response, 403, { error: `This takes the permission ${operation.permission}.` });
      if (operation.stream === true) return streamEvents(events, request, response, caller, clock);
      const read = await readBody(request, MAX_BODY_BYTES);
      if (!read.ok) return respondJson(response, read.error.status, { error: read.error.message });
      const body = parse(read.value);
      if (!isJsonObject(body))
        return respondJson(response, 400, { error: "The body must be a JSON object." });
      const fault = findJsonFault(read.value);
      if (fault !== undefined) return respondJson(response, 400, { error: `Of the body, ${fault}.` });
      const problem = operation.problem?.(url.searchParams, body);
      if (problem !== undefined) return respondJson(response, 400, { error: problem });
      try {
        const result = await call(operation, url, body, caller);
        respondJson(response, result.status, result.body);
      } catch (error) {
        log.error("an admin call failed", { error: error instanceof Error ? error.message : String(error) });
        respondJson(response, 500, { error: "The gateway could not answer; its log says why." });
      }
    },
  };
}

/** A path whose parts can be read: `%` followed by anything but two digits, or by bytes that are no text, cannot. */
function toUrl(target: string | undefined): URL | undefined {
  try {
    const url = new URL(target ?? "/", "http://admin");
    decodeURIComponent(url.pathname);
    return url;
  } catch {
    return undefined;
  }
}

function parse(text: string): Json | undefined {
  return text === "" ? {} : tryParseJson(text);
}
