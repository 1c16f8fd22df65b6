import type { JsonObject } from "@mcp-flowgate/core";
import type { Cursor } from "../emit/cursor.ts";
import type { Settings } from "../emit/settings.ts";

/** A caller that the declared identity can produce. */
export interface KnownPrincipal {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** Kinds whose callers somebody else knows. */
const OUTSIDE: ReadonlySet<string> = new Set(["jwt", "introspection", "trustedHeaders", "mtls"]);

/** The providers as they are written, in order. */
export function identityProviders(root: Cursor): readonly Cursor[] {
  const identity = root.get("identity");
  return identity?.has("providers") === true ? identity.itemsOf("providers") : (identity?.items() ?? []);
}

/**
 * Every caller that the declared identity can produce, or undefined where an outside authority decides (tokens,
 * headers): then nothing can be said.
 */
export function knownPrincipals({
  identity,
  roles,
}: Pick<Settings, "identity" | "roles">): readonly KnownPrincipal[] | undefined {
  const found: KnownPrincipal[] = [];
  for (const provider of identity) {
    if (OUTSIDE.has(String(provider["kind"]))) return undefined;
    if (provider["kind"] === "apiKeys") {
      for (const key of (provider["keys"] as readonly JsonObject[] | undefined) ?? [])
        found.push(toPrincipal(key, roles));
    } else found.push(toPrincipal(provider, roles));
  }
  return found;
}

function toPrincipal(source: JsonObject, roles: Settings["roles"]): KnownPrincipal {
  const own = (source["roles"] as readonly string[] | undefined) ?? [];
  const permissions = (source["permissions"] as readonly string[] | undefined) ?? [];
  const subject = typeof source["subject"] === "string" ? source["subject"] : String(source["kind"]);
  return { subject, roles: own, permissions: [...permissions, ...own.flatMap((role) => roles[role] ?? [])] };
}
