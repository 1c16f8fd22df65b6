import type { FetchLike } from "@modelcontextprotocol/client";
import type { AuthIr, Clock } from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";
import { McpConnectionError, notSent } from "./failure.ts";

type ClientCredentials = Extract<AuthIr, { kind: "oauth2ClientCredentials" }>;

/** Access tokens by the client credentials grant (RFC 6749, section 4.4), kept until shortly before they expire. */
export interface TokenSource {
  /** @throws {McpConnectionError} when there is none to be had. */
  token(auth: ClientCredentials): Promise<string>;
  forget(auth: ClientCredentials): void;
}

const RENEW_BEFORE_MS = 30_000;
const DEFAULT_LIFE_MS = 300_000;
const REQUEST_TIMEOUT_MS = 15_000;

export function createTokenSource(fetch: FetchLike, clock: Clock, connection: string): TokenSource {
  let known: { readonly token: string; readonly renewAt: number } | undefined;
  let asking: Promise<string> | undefined;

  const ask = async (auth: ClientCredentials): Promise<string> => {
    let response = await request(fetch, auth, "header");
    // Some servers take the credentials only in the body (RFC 6749, section 2.3.1).
    if (response.status === 400 || response.status === 401) response = await request(fetch, auth, "body");
    const body: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
    const token = isJsonObject(body) ? body["access_token"] : undefined;
    if (!isJsonObject(body) || typeof token !== "string" || token === "") {
      const errorClass = response.status >= 500 ? "transient_error" : "permanent";
      throw new McpConnectionError(
        notSent(`The token endpoint of ${connection} gave no token (status ${response.status}).`, errorClass),
      );
    }
    const seconds = Number(body["expires_in"]);
    const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS;
    known = { token, renewAt: clock.monotonic() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs * 0.8) };
    return token;
  };

  return {
    token(auth) {
      if (known !== undefined && clock.monotonic() < known.renewAt) return Promise.resolve(known.token);
      asking ??= ask(auth).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget() {
      known = undefined;
    },
  };
}

async function request(
  fetch: FetchLike,
  auth: ClientCredentials,
  credentials: "header" | "body",
): Promise<Response> {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (auth.scopes.length > 0) form.set("scope", auth.scopes.join(" "));
  if (auth.audience !== undefined) form.set("audience", auth.audience);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (credentials === "header") {
    const pair = `${encodeURIComponent(auth.clientId)}:${encodeURIComponent(auth.clientSecret)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  } else {
    form.set("client_id", auth.clientId);
    form.set("client_secret", auth.clientSecret);
  }
  return await fetch(auth.tokenUrl, {
    method: "POST",
    headers,
    body: form.toString(),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
}
