import type { GatewayPlan, JsonObject, ServerIr } from "@mcp-flowgate/core";

/**
 * The endpoint as an OAuth 2.1 protected resource (RFC 9728): where clients learn which authorization server issues
 * tokens for it, and how a refusal tells them to.
 */
export interface ProtectedResource {
  /** The metadata document for a request path, or undefined where there is none. */
  metadata(path: string, host: string | undefined): JsonObject | undefined;
  /** The value of `WWW-Authenticate`. */
  challenge(host: string | undefined, parameters: { readonly [name: string]: string }): string;
}

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** @param plan Looked at anew for every request: a reload may change it. */
export function createProtectedResource(
  plan: Pick<GatewayPlan, "identity">,
  server: ServerIr,
): ProtectedResource {
  const issuers = (): readonly JsonObject[] =>
    plan.identity.filter(({ kind }) => kind === "jwt" || kind === "introspection");
  const { http } = server;
  const resourceOf = (host: string | undefined): string =>
    http.publicUrl ?? `${http.tls === undefined ? "http" : "https"}://${host ?? "localhost"}${http.path}`;
  return {
    metadata(path, host) {
      if (!path.startsWith(WELL_KNOWN)) return undefined;
      const providers = issuers();
      if (providers.length === 0) return undefined;
      const servers = [...new Set(providers.map(({ issuer }) => String(issuer)))];
      const scopes = [...new Set(providers.flatMap((provider) => Object.keys(provider["scopes"] ?? {})))];
      const resource = resourceOf(host);
      const own = new URL(resource).pathname.replace(/\/$/, "");
      if (![WELL_KNOWN, `${WELL_KNOWN}${own}`, `${WELL_KNOWN}${http.path}`].includes(path)) return undefined;
      return {
        resource,
        authorization_servers: servers,
        bearer_methods_supported: ["header"],
        ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
        resource_name: server.name ?? "mcp-flowgate",
      };
    },
    challenge(host, parameters) {
      const pairs: Record<string, string> = { realm: server.name ?? "mcp-flowgate" };
      if (issuers().length > 0) {
        const { origin, pathname } = new URL(resourceOf(host));
        pairs["resource_metadata"] = `${origin}${WELL_KNOWN}${pathname.replace(/\/$/, "")}`;
      }
      const quoted = Object.entries({ ...pairs, ...parameters }).map(
        ([name, value]) => `${name}="${value.replace(/["\\]/g, "")}"`,
      );
      return `Bearer ${quoted.join(", ")}`;
    },
  };
}
