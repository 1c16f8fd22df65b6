import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { Section } from "./losses.ts";
import { dropUndefined } from "./mcpg-tools.ts";

/** `governance.access`: who callers are. */
export function takeAccess(access: Section): Json | undefined {
  const providers: JsonObject[] = [];
  const jwks = access.section("jwks");
  const issuer = jwks.text("issuer");
  const audience = jwks.take("audience");
  const jwksUrl = jwks.text("url");
  if (issuer !== undefined && audience !== undefined)
    providers.push(dropUndefined({ kind: "jwt", issuer, audience, jwksUrl }));
  else if (issuer !== undefined || jwksUrl !== undefined)
    access.lose("jwks", "left out: without an issuer and an audience any token of the keys would be taken");
  jwks.take("header_name");
  jwks.take("header_prefix");
  for (const [index, provider] of access.section("oidc_oauth").list("providers").entries())
    takeProvider(access.item(provider, `oidc_oauth.providers.${index}`), providers);
  if (providers.length === 0) return undefined;
  return providers.length === 1 ? providers[0] : providers;
}

function takeProvider(provider: Section, providers: JsonObject[]): void {
  const issuer = provider.text("issuer");
  const audiences = provider.list("audiences");
  const verification = provider.section("verification");
  const kind = verification.text("kind") ?? "oidc_jwks";
  if (issuer === undefined || audiences.length === 0 || kind !== "oidc_jwks") {
    const why =
      kind === "oidc_jwks"
        ? "it names no issuer or no audience"
        : `verification by ${kind} has no counterpart`;
    provider.lose("verification", `left out: ${why}`);
    provider.skip();
    return;
  }
  const skew = provider.number("clock_skew_secs");
  const mappings = provider.section("claim_mappings");
  const [roles, ...moreRoles] = mappings.list("role_claim_paths");
  if (moreRoles.length > 0) mappings.lose("role_claim_paths", "only the first path is taken");
  const claims = dropUndefined({
    subject: mappings.text("subject_claim"),
    roles: typeof roles === "string" ? roles : undefined,
  });
  verification.take("refresh_interval_secs");
  providers.push(
    dropUndefined({
      kind: "jwt",
      issuer,
      audience: audiences.length === 1 ? audiences[0] : audiences,
      algorithms: verification.take("allowed_algs"),
      clockSkewMs: skew === undefined ? undefined : skew * 1000,
      claims: Object.keys(claims).length === 0 ? undefined : claims,
    }),
  );
}

const LOCAL_FILE = "dev.mcpg.builtin.audit.local-file";

/** `governance.audit`: MCPG records by default, and refuses calls that it cannot record. */
export function takeAudit(audit: Section): JsonObject | undefined {
  const onFailure = audit.text("on_failure") ?? "fail_closed";
  audit.take("required");
  if (audit.take("enabled") === false) return undefined;
  const path = audit.list("sinks").flatMap((sink, index) => {
    if (!isJsonObject(sink)) return [];
    if (sink["kind"] !== LOCAL_FILE) {
      audit.lose(
        `sinks.${index}`,
        `the sink ${JSON.stringify(sink["kind"] ?? "")} is a plugin's; add a sink by hand`,
      );
      return [];
    }
    const config = isJsonObject(sink["config"] ?? null) ? (sink["config"] as JsonObject) : {};
    const directory = config["directory"];
    if (typeof config["path"] === "string") return [config["path"]];
    return [typeof directory === "string" ? `${directory}/audit.jsonl` : "./audit.jsonl"];
  })[0];
  return path === undefined ? undefined : { sink: "file", path, onFailure };
}

/** `gateway.server`: the listener. */
export function takeServer(server: Section, hasIdentity: boolean): JsonObject {
  const listen = server.text("bind_address");
  const transport = server.text("transport") ?? "http";
  const body = server.number("max_request_body_mb");
  const tls = server.section("tls");
  const cert = tls.text("cert_path");
  const key = tls.text("key_path");
  const drain = server.number("shutdown_timeout_ms");
  server.take("health_path");
  server.take("session_idle_timeout_ms");
  if (listen !== undefined && !/^(127\.|localhost|\[::1\])/.test(listen) && !hasIdentity)
    server.lose(
      "bind_address",
      "others can reach this address and no identity was taken over: the gateway refuses to start until there is one",
    );
  return dropUndefined({
    transport: transport === "stdio" ? "stdio" : "http",
    http: dropUndefined({
      listen,
      path: server.text("mcp_path"),
      maxBodyBytes: body === undefined || body === 0 ? undefined : `${body}MiB`,
      requestTimeoutMs: server.number("request_timeout_ms"),
      allowedOrigins: server.take("allowed_origins"),
      tls: cert === undefined || key === undefined ? undefined : { cert, key },
    }),
    drain: drain === undefined ? undefined : { deadlineMs: drain },
  });
}

/** `observability.logs`. */
export function takeLogs(logs: Section): JsonObject | undefined {
  const level = logs.text("level");
  logs.take("sinks");
  return level === undefined ? undefined : { logs: { level } };
}
