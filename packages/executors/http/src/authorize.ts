import type { ExecutorContext, HttpConnectionIr, Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";
import type { TokenFailure, TokenSource } from "./oauth-token.ts";
import { toUserInformation } from "./target.ts";

/** What a connection's credentials add to a request. */
export interface Credentials {
  readonly headers: { readonly [name: string]: string };
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Called when the server refused them; true when others can be had. */
  readonly refused?: () => boolean;
}

const NONE: Credentials = { headers: {}, query: [] };

/**
 * The credentials for one request to `target`.
 *
 * @param callerToken The bearer token that the caller of the gateway authenticated with, if there is one.
 */
export async function authorize(
  connection: HttpConnectionIr,
  target: URL,
  context: ExecutorContext,
  tokens: TokenSource,
  callerToken: ((context: ExecutorContext) => string | undefined) | undefined,
  signal: AbortSignal,
): Promise<Result<Credentials, TokenFailure>> {
  const auth = connection.auth;
  if (auth === undefined) {
    const user = toUserInformation(connection.baseUrl);
    return ok(
      user === undefined
        ? NONE
        : { headers: { authorization: toBasic(user.username, user.password) }, query: [] },
    );
  }
  switch (auth.kind) {
    case "bearer":
      return ok({ headers: { authorization: `Bearer ${auth.token}` }, query: [] });
    case "basic":
      return ok({ headers: { authorization: toBasic(auth.username, auth.password) }, query: [] });
    case "apiKey":
      return ok(
        auth.in === "header"
          ? { headers: { [auth.name]: auth.value }, query: [] }
          : { headers: {}, query: [[auth.name, auth.value]] },
      );
    case "oauth2ClientCredentials": {
      const token = await tokens.token(auth, signal);
      if (!token.ok) return token;
      return ok({
        headers: { authorization: `Bearer ${token.value}` },
        query: [],
        refused: () => {
          tokens.invalidate(auth, token.value);
          return true;
        },
      });
    }
    case "forward": {
      const listed = auth.hosts.some((host) => isSameHost(host, target));
      if (!listed)
        return err({
          errorClass: "permanent",
          message: "The host is not on the list that tokens are forwarded to",
        });
      const token = callerToken?.(context);
      if (token === undefined)
        return err({ errorClass: "permanent", message: "The caller has no token to forward" });
      return ok({ headers: { authorization: `Bearer ${token}` }, query: [] });
    }
  }
}

function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

/** `host` or `host:port`; without a port, any. */
function isSameHost(listed: string, target: URL): boolean {
  const name = listed.toLowerCase();
  return name === target.host || name === target.hostname;
}
