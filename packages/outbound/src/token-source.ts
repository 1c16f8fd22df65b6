import { createHash } from "node:crypto";
import { tryParseJson, type AuthIr, type ErrorClass, type Json, type Result } from "@mcp-flowgate/core";
import { err, isJsonObject, ok } from "@mcp-flowgate/core";
import type { Fetch } from "./fetch.ts";
import { readBounded } from "./read-bounded.ts";

/*
 * Owns the access tokens that were fetched for connections, in memory only.
 *
 * 1. A token is kept until shortly before it ends; of those that were fetched for callers at most MAX_TOKENS, the least
 *    recently used going first.
 * 2. Who asks for the same token at the same time shares one request; one caller's abort does not end it for the others.
 * 3. A caller's own token is never kept: what was given for it is found by its digest.
 */

type ClientCredentials = Extract<AuthIr, { kind: "oauth2ClientCredentials" }>;
type TokenExchange = Extract<AuthIr, { kind: "tokenExchange" }>;

export interface TokenFailure {
  readonly errorClass: ErrorClass;
  /** Without a full stop, for a longer sentence. */
  readonly message: string;
}

/** What a token is asked for with. */
export type TokenGrant =
  /** RFC 6749, section 4.4. */
  | { readonly kind: "client"; readonly auth: ClientCredentials | TokenExchange }
  /** RFC 8693: the caller's token for one that this connection's server takes. */
  | { readonly kind: "exchange"; readonly auth: TokenExchange; readonly subjectToken: string };

export interface TokenSource {
  /** Never rejects. */
  token(grant: TokenGrant, signal?: AbortSignal): Promise<Result<string, TokenFailure>>;
  /** Forgets a token that was refused. */
  invalidate(grant: TokenGrant, token: string): void;
}

export interface TokenSourceOptions {
  readonly fetch: Fetch;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

/** A token is renewed this long before its end, or after four fifths of a life shorter than that. */
const RENEW_BEFORE_MS = 30_000;
const DEFAULT_LIFE_MS = 300_000;
const REQUEST_TIMEOUT_MS = 15_000;
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_TOKENS = 1000;

export function createTokenSource({ fetch, monotonic }: TokenSourceOptions): TokenSource {
  /** The least recently used is the first. */
  const tokens = new Map<string, { readonly token: string; readonly renewAt: number }>();
  const pending = new Map<string, Promise<Result<string, TokenFailure>>>();

  const ask = async (grant: TokenGrant, key: string): Promise<Result<string, TokenFailure>> => {
    let answer = await request(fetch, grant, "header");
    // Some servers take the credentials only in the body (RFC 6749, section 2.3.1).
    if (answer !== undefined && (answer.status === 400 || answer.status === 401) && hasSecret(grant)) {
      answer = await request(fetch, grant, "body");
    }
    const parsed = parse(answer);
    if (!parsed.ok) return parsed;
    const { token, lifeMs } = parsed.value;
    tokens.delete(key);
    tokens.set(key, {
      token,
      renewAt: monotonic() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs * 0.8),
    });
    // (1)
    if (tokens.size > MAX_TOKENS) tokens.delete(tokens.keys().next().value as string);
    return ok(token);
  };

  return {
    async token(grant, signal) {
      const key = keyOf(grant);
      const known = tokens.get(key);
      if (known !== undefined && monotonic() < known.renewAt) {
        tokens.delete(key);
        tokens.set(key, known);
        return ok(known.token);
      }
      let asking = pending.get(key);
      if (asking === undefined) {
        asking = ask(grant, key).finally(() => pending.delete(key));
        pending.set(key, asking);
      }
      // (2)
      return signal === undefined ? await asking : await untilAborted(asking, signal);
    },
    invalidate(grant, token) {
      const key = keyOf(grant);
      if (tokens.get(key)?.token === token) tokens.delete(key);
    },
  };
}

function keyOf(grant: TokenGrant): string {
  // (3)
  const subject =
    grant.kind === "exchange" ? createHash("sha256").update(grant.subjectToken).digest("hex") : null;
  return JSON.stringify([grant.auth, subject]);
}

interface TokenAnswer {
  readonly status: number;
  readonly body: Json | undefined;
}

/** `undefined` where there was no answer. */
async function request(
  fetch: Fetch,
  grant: TokenGrant,
  credentials: "header" | "body",
): Promise<TokenAnswer | undefined> {
  const { auth } = grant;
  const form = toForm(grant);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (auth.clientSecret !== undefined && credentials === "header") {
    const pair = `${encodeURIComponent(auth.clientId ?? "")}:${encodeURIComponent(auth.clientSecret)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  } else {
    if (auth.clientId !== undefined) form.set("client_id", auth.clientId);
    if (auth.clientSecret !== undefined) form.set("client_secret", auth.clientSecret);
  }
  try {
    const response = await fetch(auth.tokenUrl, {
      method: "POST",
      headers,
      body: form.toString(),
      // A redirect would carry the credentials elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await readBounded(response, MAX_RESPONSE_BYTES);
    return { status: response.status, body: text.ok ? tryParseJson(text.value) : undefined };
  } catch {
    return undefined;
  }
}

function toForm(grant: TokenGrant): URLSearchParams {
  const { auth } = grant;
  const form = new URLSearchParams();
  if (grant.kind === "client") {
    form.set("grant_type", "client_credentials");
  } else {
    form.set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    form.set("subject_token", grant.subjectToken);
    form.set("subject_token_type", grant.auth.subjectTokenType);
    if (grant.auth.resource !== undefined) form.set("resource", grant.auth.resource);
  }
  if (auth.scopes.length > 0) form.set("scope", auth.scopes.join(" "));
  if (auth.audience !== undefined) form.set("audience", auth.audience);
  return form;
}

function hasSecret({ auth }: TokenGrant): boolean {
  return auth.clientSecret !== undefined;
}

function parse(
  answer: TokenAnswer | undefined,
): Result<{ readonly token: string; readonly lifeMs: number }, TokenFailure> {
  if (answer === undefined) {
    return err({ errorClass: "connection_error", message: "The token endpoint could not be reached" });
  }
  const { status, body } = answer;
  if (status >= 500 || status === 429) {
    return err({ errorClass: "transient_error", message: `The token endpoint answered ${status}` });
  }
  const token = isJsonObject(body) ? body["access_token"] : undefined;
  if (status !== 200 || !isJsonObject(body) || typeof token !== "string" || token === "") {
    return err({
      errorClass: "permanent",
      message: `The token endpoint gave no token (status ${status}${toErrorCode(body)})`,
    });
  }
  const seconds = Number(body["expires_in"]);
  return ok({ token, lifeMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS });
}

/** One of the codes of RFC 6749, section 5.2, and RFC 8693, section 2.2.2; nothing else that a server says is repeated. */
function toErrorCode(body: Json | undefined): string {
  const code = isJsonObject(body) ? body["error"] : undefined;
  return typeof code === "string" && ERROR_CODES.has(code) ? `, ${code}` : "";
}

const ERROR_CODES = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
]);

function untilAborted(
  asking: Promise<Result<string, TokenFailure>>,
  signal: AbortSignal,
): Promise<Result<string, TokenFailure>> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(err({ errorClass: "timeout", message: "No token came in time" }));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    asking.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
