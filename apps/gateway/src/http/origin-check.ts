import type { IncomingMessage } from "node:http";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses requests that a web page smuggles in by rebinding its own name to this address: `Host` must name the
 * gateway, and `Origin`, where a browser sends one, must be allowed. Returns the reason, or nothing.
 */
export function createOriginCheck(options: {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}): (request: IncomingMessage) => string | undefined {
  const own = isLoopback(options.host) ? LOOPBACK : [options.host];
  const hosts = new Set([...own, ...options.allowedHosts].map((host) => host.toLowerCase()));
  const anyHost = isWildcard(options.host) && options.allowedHosts.length === 0;
  const origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()));
  /** The last `Host` that was found to be served: nearly every request names the same. */
  let served: string | undefined;
  return (request) => {
    const named = request.headers.host;
    if (named === undefined || named !== served) {
      const host = hostname(named);
      if (host === undefined || (!anyHost && !hosts.has(host)))
        return "This Host is not served here (server.http.allowedHosts).";
      served = named;
    }
    const { origin } = request.headers;
    if (origin === undefined || origins.has(origin.toLowerCase())) return undefined;
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (
      url !== undefined &&
      origins.size === 0 &&
      isLoopback(options.host) &&
      LOOPBACK.includes(url.hostname)
    )
      return undefined;
    return "This Origin is not allowed (server.http.allowedOrigins).";
  };
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "[::]";
}

function hostname(header: string | undefined): string | undefined {
  if (header === undefined || /[^\w.:[\]-]/.test(header)) return undefined;
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase();
}
