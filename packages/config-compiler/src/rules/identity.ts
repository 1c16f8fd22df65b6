import type { JsonObject } from "@mcp-flowgate/core";
import type { Settings } from "../emit/settings.ts";

/** A caller that the declared identity can produce. */
export interface KnownPrincipal {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
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
    if (provider["kind"] === "jwt" || provider["kind"] === "trustedHeaders") return undefined;
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
