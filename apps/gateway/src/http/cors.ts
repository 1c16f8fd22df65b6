import type { IncomingMessage, ServerResponse } from "node:http";

/** Request headers that a page may send; the protocol's own may be any. */
const ALLOWED = new Set([
  "accept",
  "authorization",
  "content-type",
  "last-event-id",
  "traceparent",
  "tracestate",
  "tracestate",
  "x-api-key",
]);
const EXPOSED = "mcp-protocol-version, mcp-session-id, retry-after, www-authenticate";

/**
 * Lets the pages of the listed origins read answers (CORS). Returns true where the request was a browser's question
 * beforehand (preflight), which is answered with this: it carries no credentials, so it comes before authentication.
 */
export function createCors(
  allowedOrigins: readonly string[],
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  return (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin.toLowerCase())) return false;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("vary", "origin");
    response.setHeader("access-control-expose-headers", EXPOSED);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
      return false;
    const asked = (request.headers["access-control-request-headers"] ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase());
    response.setHeader("access-control-allow-methods", "GET, POST, DELETE");
    response.setHeader(
      "access-control-allow-headers",
      asked.filter((name) => ALLOWED.has(name) || /^mcp-[\w-]+$/.test(name)).join(", "),
    );
    response.setHeader("access-control-max-age", "600");
    response.writeHead(204).end();
    return true;
  };
}
