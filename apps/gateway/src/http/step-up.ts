import { isJsonObject, type JsonObject, type Principal } from "@mcp-flowgate/core";
import type { ProtectedResource } from "./challenge.ts";
import type { StepUp } from "./mcp-endpoint.ts";
import type { Recorder } from "./refusal-log.ts";
import { respondRpcError } from "./respond.ts";

/** Permissions that guards of this call want and the caller does not have. Changes and records nothing. */
export type MissingPermissions = (
  tool: string,
  args: JsonObject,
  principal: Principal,
) => Promise<readonly string[]>;

/**
 * Asks the client for a token with more scopes (RFC 6750, `insufficient_scope`) where that is all that a call lacks.
 * Only callers whose token came with a `scopes` table are asked, and only for scopes that their token does not have
 * yet: whoever has the scope and not the permission gets the guard's own answer.
 */
export function createStepUp(options: {
  readonly resource: ProtectedResource;
  readonly missingPermissions: MissingPermissions;
  readonly record: Recorder;
}): StepUp {
  return async (request, response, caller, message) => {
    const { scopes, principal } = caller;
    if (scopes === undefined || !isToolCall(message)) return false;
    const { name, arguments: args } = message.params;
    const missing = await options.missingPermissions(name, isJsonObject(args) ? args : {}, principal);
    if (missing.length === 0) return false;
    const wanted = new Set<string>();
    for (const permission of missing) {
      const scope = Object.entries(scopes.table).find(
        ([each, granted]) => granted.includes(permission) && !scopes.held.includes(each),
      )?.[0];
      if (scope === undefined) return false;
      wanted.add(scope);
    }
    const text = `This needs the permission ${missing.join(", ")}: ask for the scope ${[...wanted].join(" ")}.`;
    response.setHeader(
      "www-authenticate",
      options.resource.challenge(request.headers.host, {
        error: "insufficient_scope",
        scope: [...new Set([...scopes.held, ...wanted])].join(" "),
        error_description: text,
      }),
    );
    options.record(
      "auth.rejected",
      { reason: "insufficient_scope", scope: [...wanted].join(" ") },
      principal,
    );
    respondRpcError(response, 403, -32_003, text);
    return true;
  };
}

function isToolCall(
  message: unknown,
): message is { readonly params: { readonly name: string; readonly arguments?: never } } {
  if (typeof message !== "object" || message === null || !("method" in message) || !("params" in message))
    return false;
  const { method, params } = message;
  return (
    method === "tools/call" &&
    typeof params === "object" &&
    params !== null &&
    "name" in params &&
    typeof params.name === "string"
  );
}
