import { err, isJsonObject, ok, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import type { Recognised, ScopeTable } from "./provider.ts";
import { isName, textsOf, toPrincipal, type RoleTable } from "./to-principal.ts";

/** How the claims of one issuer become a principal. */
export interface ClaimsMapping {
  readonly tenant?: string;
  readonly subjectPrefix: string;
  readonly scopes: ScopeTable;
  readonly claims: {
    readonly subject: string;
    readonly tenant?: string;
    readonly roles?: string;
    readonly permissions?: string;
    readonly kind?: string;
  };
}

export function toClaimsMapping(settings: JsonObject): ClaimsMapping {
  const { tenant, subjectPrefix } = settings;
  return {
    ...(typeof tenant === "string" ? { tenant } : {}),
    subjectPrefix: typeof subjectPrefix === "string" ? subjectPrefix : "",
    scopes: settings["scopes"] as ScopeTable,
    claims: settings["claims"] as unknown as ClaimsMapping["claims"],
  };
}

/**
 * The caller that verified claims name. A token without a subject, or without the tenant that the configuration
 * says it carries, names nobody: guessing one would let it into somebody else's things.
 */
export function fromClaims(
  payload: JsonObject,
  mapping: ClaimsMapping,
  roles: RoleTable,
  via: string,
): Result<Recognised, string> {
  const { claims, scopes } = mapping;
  const subject = claimAt(payload, claims.subject);
  if (typeof subject !== "string" || !isName(subject)) return err("The token names no subject.");
  const tenant =
    mapping.tenant ?? (claims.tenant === undefined ? undefined : claimAt(payload, claims.tenant));
  if ((claims.tenant !== undefined || mapping.tenant !== undefined) && !isTenant(tenant))
    return err("The token names no tenant.");
  const held = wordsOf(payload["scope"] ?? payload["scp"]);
  const permissions = claims.permissions === undefined ? [] : wordsOf(claimAt(payload, claims.permissions));
  const named = claims.roles === undefined ? undefined : claimAt(payload, claims.roles);
  const principal = toPrincipal(
    {
      subject: `${mapping.subjectPrefix}${subject}`,
      via,
      tenant: tenant as string | undefined,
      roles: typeof named === "string" ? [named] : textsOf(named),
      permissions: [
        ...permissions,
        ...held.flatMap((scope) => (Object.hasOwn(scopes, scope) ? (scopes[scope] ?? []) : [])),
      ],
      kind: claims.kind === undefined ? undefined : claimAt(payload, claims.kind),
    },
    roles,
  );
  return ok(
    Object.keys(scopes).length === 0 ? { principal } : { principal, scopes: { held, table: scopes } },
  );
}

/** The claim of that very name (which may have dots and slashes in it), else the one at that path. */
function claimAt(payload: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(payload, name)) return payload[name];
  let at: Json | undefined = payload;
  for (const part of name.split(".")) {
    if (!isJsonObject(at) || !Object.hasOwn(at, part)) return undefined;
    at = at[part];
  }
  return at;
}

function isTenant(value: Json | undefined): value is string {
  return typeof value === "string" && isName(value);
}

function wordsOf(value: Json | undefined): readonly string[] {
  return typeof value === "string" ? value.split(/\s+/).filter((word) => word !== "") : textsOf(value);
}
