import type { AuthIr, CallerCredentials, Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";
import type { TokenFailure, TokenGrant, TokenSource } from "./token-source.ts";

/** What a connection's `auth` adds to a request. */
export interface Credentials {
  readonly headers: { readonly [name: string]: string };
  readonly query: readonly (readonly [name: string, value: string])[];
  /** To be called when the server refused them; true when others can be had. */
  readonly refused?: () => boolean;
}

export interface CredentialsRequest {
  /** Where the request goes. */
  readonly target: URL;
  /** Of the call that the request is made for; left out for what the gateway asks on its own behalf. */
  readonly caller?: CallerCredentials | undefined;
  readonly tokens: TokenSource;
  readonly signal?: AbortSignal;
}

/** For a call without the token that it needs. Without a full stop. */
export const NO_CALLER_TOKEN =
  "The caller's own token is needed and this step has none: it is kept only while the call that it came with runs, so call again with a bearer token";

/** Whether what is sent depends on who calls, so that nothing of it may be shared between callers. */
export function isPerCaller(auth: AuthIr | undefined): boolean {
  return auth?.kind === "forward" || auth?.kind === "tokenExchange";
}

/**
 * The credentials for one request on behalf of a caller. A connection that needs the caller's token gives none without
 * it: what the caller could not see is not fetched with the gateway's authority.
 */
export async function toCredentials(
  auth: AuthIr,
  request: CredentialsRequest,
): Promise<Result<Credentials, TokenFailure>> {
  switch (auth.kind) {
    case "bearer":
      return ok(toBearer(auth.token));
    case "basic":
      return ok({ headers: { authorization: toBasic(auth.username, auth.password) }, query: [] });
    case "apiKey":
      return ok(
        auth.in === "header"
          ? { headers: { [auth.name]: auth.value }, query: [] }
          : { headers: {}, query: [[auth.name, auth.value]] },
      );
    case "oauth2ClientCredentials":
      return await fetched({ kind: "client", auth }, request);
    case "forward": {
      if (!auth.hosts.some((host) => isSameHost(host, request.target))) {
        return err({
          errorClass: "permanent",
          message: "The host is not on the list that tokens are forwarded to",
        });
      }
      const bearer = request.caller?.bearer();
      return bearer === undefined ? err(NO_TOKEN) : ok(toBearer(bearer));
    }
    case "tokenExchange": {
      const subjectToken = request.caller?.bearer();
      return subjectToken === undefined
        ? err(NO_TOKEN)
        : await fetched({ kind: "exchange", auth, subjectToken }, request);
    }
  }
}

/**
 * The credentials of a connection that depends on the caller, for what the gateway asks on its own behalf, such as a
 * list of tools: those that the configuration gives it for that, or none.
 */
export async function toOwnCredentials(
  auth: AuthIr,
  request: Omit<CredentialsRequest, "caller">,
): Promise<Result<Credentials, TokenFailure>> {
  if (auth.kind === "forward") return ok(auth.ownToken === undefined ? NONE : toBearer(auth.ownToken));
  if (auth.kind !== "tokenExchange") return await toCredentials(auth, request);
  return auth.clientSecret === undefined ? ok(NONE) : await fetched({ kind: "client", auth }, request);
}

/** `Authorization` for a name and a password (RFC 7617). */
export function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

const NONE: Credentials = { headers: {}, query: [] };

const NO_TOKEN: TokenFailure = { errorClass: "permanent", message: NO_CALLER_TOKEN };

async function fetched(
  grant: TokenGrant,
  { tokens, signal }: Pick<CredentialsRequest, "tokens" | "signal">,
): Promise<Result<Credentials, TokenFailure>> {
  const token = await tokens.token(grant, signal);
  if (!token.ok) return token;
  return ok({
    ...toBearer(token.value),
    refused: () => {
      tokens.invalidate(grant, token.value);
      return true;
    },
  });
}

function toBearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, query: [] };
}

/** `host` or `host:port`; without a port, any. */
function isSameHost(listed: string, target: URL): boolean {
  const name = listed.toLowerCase();
  return name === target.host || name === target.hostname;
}
