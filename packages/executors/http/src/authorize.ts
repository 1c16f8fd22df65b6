import type { CallerCredentials, HttpConnectionIr, Result } from "@mcp-flowgate/core";
import { ok } from "@mcp-flowgate/core";
import { toBasic, toCredentials } from "@mcp-flowgate/outbound";
import type { Credentials, TokenFailure, TokenSource } from "@mcp-flowgate/outbound";
import { toUserInformation } from "./target.ts";

/** The credentials for one request to `target`: those of the connection's `auth`, else those of its base URL. */
export async function authorize(
  connection: HttpConnectionIr,
  target: URL,
  caller: CallerCredentials | undefined,
  tokens: TokenSource,
  signal: AbortSignal,
): Promise<Result<Credentials, TokenFailure>> {
  const { auth } = connection;
  if (auth !== undefined) return await toCredentials(auth, { target, caller, tokens, signal });
  const user = toUserInformation(connection.baseUrl);
  return ok({
    headers: user === undefined ? {} : { authorization: toBasic(user.username, user.password) },
    query: [],
  });
}
