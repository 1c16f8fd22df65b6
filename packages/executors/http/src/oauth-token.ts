import type { AuthIr, ErrorClass, Json, Result } from "@mcp-flowgate/core";
import { err, isJsonObject, ok } from "@mcp-flowgate/core";
import { send } from "./send.ts";
import type { Answer } from "./send.ts";
import type { PoolOf } from "./pools.ts";

type ClientCredentials = Extract<AuthIr, { kind: "oauth2ClientCredentials" }>;

export interface TokenFailure {
  readonly errorClass: ErrorClass;
  readonly message: string;
}

/**
 * Access tokens by the client credentials grant (RFC 6749, section 4.4), one per credential, kept until shortly before
 * they expire. Callers who ask at the same time share one request.
 */
export interface TokenSource {
  token(auth: ClientCredentials, signal: AbortSignal): Promise<Result<string, TokenFailure>>;
  /** Forgets a token that was refused. */
  invalidate(auth: ClientCredentials, token: string): void;
}

/** A token is renewed this long before its end, or after four fifths of a life shorter than that. */
const RENEW_BEFORE_MS = 30_000;
const DEFAULT_LIFE_MS = 300_000;
const REQUEST_TIMEOUT_MS = 15_000;
const MAX_RESPONSE_BYTES = 64 * 1024;

export function createTokenSource(poolOf: PoolOf): TokenSource {
  const tokens = new Map<string, { readonly token: string; readonly renewAt: number }>();
  const pending = new Map<string, Promise<Result<string, TokenFailure>>>();

  const ask = async (auth: ClientCredentials): Promise<Result<string, TokenFailure>> => {
    let answer = await request(auth, poolOf, "header");
    // Some servers take the credentials only in the body (RFC 6749, section 2.3.1).
    if (answer.kind === "answer" && (answer.status === 400 || answer.status === 401)) {
      answer = await request(auth, poolOf, "body");
    }
    const parsed = parse(answer);
    if (!parsed.ok) return parsed;
    const { token, lifeMs } = parsed.value;
    tokens.set(keyOf(auth), {
      token,
      renewAt: performance.now() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs * 0.8),
    });
    return ok(token);
  };

  return {
    async token(auth, signal) {
      const key = keyOf(auth);
      const known = tokens.get(key);
      if (known !== undefined && performance.now() < known.renewAt) return ok(known.token);
      let asking = pending.get(key);
      if (asking === undefined) {
        asking = ask(auth).finally(() => pending.delete(key));
        pending.set(key, asking);
      }
      // The request is shared, so one caller's abort must not end it for the others.
      return await untilAborted(asking, signal);
    },
    invalidate(auth, token) {
      if (tokens.get(keyOf(auth))?.token === token) tokens.delete(keyOf(auth));
    },
  };
}

function keyOf(auth: ClientCredentials): string {
  return JSON.stringify([
    auth.tokenUrl,
    auth.clientId,
    auth.clientSecret,
    auth.scopes,
    auth.audience ?? null,
  ]);
}

async function request(
  auth: ClientCredentials,
  poolOf: PoolOf,
  credentials: "header" | "body",
): Promise<Answer> {
  if (!URL.canParse(auth.tokenUrl)) return { kind: "not_sent", code: "UND_ERR_INVALID_ARG" };
  const url = new URL(auth.tokenUrl);
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
  return await send(poolOf(url), {
    method: "POST",
    path: url.pathname + url.search,
    headers,
    body: form.toString(),
    maxResponseBytes: MAX_RESPONSE_BYTES,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
}

function parse(answer: Answer): Result<{ readonly token: string; readonly lifeMs: number }, TokenFailure> {
  if (answer.kind !== "answer") {
    return err({ errorClass: "connection_error", message: "The token endpoint could not be reached" });
  }
  if (answer.status >= 500 || answer.status === 429) {
    return err({ errorClass: "transient_error", message: `The token endpoint answered ${answer.status}` });
  }
  const body = toJson(answer.body.toString("utf8"));
  const token = isJsonObject(body) ? body["access_token"] : undefined;
  if (answer.status !== 200 || !isJsonObject(body) || typeof token !== "string" || token === "") {
    return err({
      errorClass: "permanent",
      message: `The token endpoint gave no token (status ${answer.status})`,
    });
  }
  const seconds = Number(body["expires_in"]);
  return ok({ token, lifeMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS });
}

function toJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

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
