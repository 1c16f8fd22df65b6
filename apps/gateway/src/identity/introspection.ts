import { createHash } from "node:crypto";
import { isJsonObject, tryParseJson, type Clock, type JsonObject, type Log } from "@mcp-flowgate/core";
import type { Fetch } from "@mcp-flowgate/outbound";
import { idInKey } from "./api-key-hash.ts";
import { fetchBounded } from "./bounded-fetch.ts";
import { fromClaims, toClaimsMapping } from "./claims.ts";
import {
  ABSENT,
  bearerToken,
  refused,
  unrecognised,
  type IdentityProvider,
  type Recognition,
} from "./provider.ts";
import { textsOf, type RoleTable } from "./to-principal.ts";

const MAX_ANSWER_BYTES = 64 * 1024;
/** Answers kept; the oldest go first. A stranger's made-up tokens push out at most what can be asked again. */
const MAX_CACHED = 10_000;

/**
 * Access tokens that the authorization server is asked about (RFC 7662).
 *
 * Owns the answers of the last `cacheMs`, by the SHA-256 of the token: the token itself is kept nowhere. An answer
 * never outlives the token's own expiry, and callers at the same time share one question.
 */
export function createIntrospectionProvider(
  settings: JsonObject,
  options: { readonly roles: RoleTable; readonly clock: Clock; readonly log: Log; readonly fetch: Fetch },
): IdentityProvider {
  const { clock, log } = options;
  const issuer = String(settings["issuer"]);
  const audience = textsOf(settings["audience"]);
  const mapping = toClaimsMapping(settings);
  const maxBytes = Number(settings["maxTokenBytes"]);
  const cacheMs = Number(settings["cacheMs"]);
  const skewMs = Number(settings["clockSkewMs"]);
  const authorization = `Basic ${Buffer.from(
    `${formEncoded(String(settings["clientId"]))}:${formEncoded(String(settings["clientSecret"]))}`,
  ).toString("base64")}`;
  const cache = new Map<string, { readonly until: number; readonly recognition: Recognition }>();
  const asking = new Map<string, Promise<Recognition>>();

  const ask = async (token: string, digest: string): Promise<Recognition> => {
    const answer = await fetchBounded(options.fetch, String(settings["url"]), {
      method: "POST",
      headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }).toString(),
      timeoutMs: Number(settings["timeoutMs"]),
      maxBytes: MAX_ANSWER_BYTES,
    });
    const claims = answer.ok ? tryParseJson(answer.value) : undefined;
    if (!isJsonObject(claims) || typeof claims["active"] !== "boolean") {
      const problem = answer.ok ? "its answer is no introspection response" : answer.error;
      log.warn("tokens cannot be checked", { issuer, problem });
      return { kind: "unavailable", reason: `${issuer} cannot be asked about tokens at the moment.` };
    }
    const recognition = judge(claims);
    const now = clock.now();
    const expires = typeof claims["exp"] === "number" ? claims["exp"] * 1000 : Number.POSITIVE_INFINITY;
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value as string);
    cache.set(digest, { until: Math.min(now + cacheMs, expires), recognition });
    return recognition;
  };

  const judge = (claims: JsonObject): Recognition => {
    if (claims["active"] !== true) return unrecognised("The token is not valid.");
    if (claims["iss"] !== issuer) return refused("The token is of another issuer.");
    const named = claims["aud"];
    const audiences = typeof named === "string" ? [named] : textsOf(named);
    if (!audiences.some((each) => audience.includes(each)))
      return refused("The token is for somebody else (audience).");
    const now = clock.now();
    if (typeof claims["exp"] === "number" && claims["exp"] * 1000 + skewMs <= now)
      return refused("The token has expired.");
    if (typeof claims["nbf"] === "number" && claims["nbf"] * 1000 - skewMs > now)
      return refused("The token is not valid yet.");
    const caller = fromClaims(claims, mapping, options.roles, `introspection:${issuer}`);
    return caller.ok ? { kind: "recognised", caller: caller.value } : refused(caller.error);
  };

  return {
    async recognise(request) {
      const token = bearerToken(request);
      // An API key is nothing that another service may see.
      if (token === undefined || idInKey(token) !== undefined) return ABSENT;
      if (token.length > maxBytes) return refused(`The token is larger than ${maxBytes} bytes.`);
      const digest = createHash("sha256").update(token).digest("base64");
      const cached = cache.get(digest);
      if (cached !== undefined && cached.until > clock.now()) return cached.recognition;
      cache.delete(digest);
      let running = asking.get(digest);
      if (running === undefined) {
        running = ask(token, digest).finally(() => asking.delete(digest));
        asking.set(digest, running);
      }
      return running;
    },
  };
}

/** RFC 6749 section 2.3.1: the parts of HTTP Basic are form-encoded first. */
function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}
