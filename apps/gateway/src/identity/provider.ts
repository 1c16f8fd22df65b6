import type { IncomingMessage } from "node:http";
import type { Principal } from "@mcp-flowgate/core";

/** A caller that a provider knows. */
export interface Recognised {
  readonly principal: Principal;
  /** The token's scopes and what scopes stand for, where asking for another one can help. */
  readonly scopes?: { readonly held: readonly string[]; readonly table: ScopeTable };
}

/** `scope: [permissions]`. */
export type ScopeTable = { readonly [scope: string]: readonly string[] };

/**
 * What one provider makes of a request.
 * - `absent`: nothing in it concerns this provider.
 * - `unrecognised`: something does, but names nobody here; another provider may know it.
 * - `refused`: it is this provider's business and it is not valid. No other provider is asked.
 * - `unavailable`: it cannot be checked now.
 *
 * A `reason` may be told to a stranger. It never quotes what was sent.
 */
export type Recognition =
  | { readonly kind: "recognised"; readonly caller: Recognised }
  | { readonly kind: "absent" }
  | { readonly kind: "unrecognised"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unavailable"; readonly reason: string };

/** One way in which callers show who they are. */
export interface IdentityProvider {
  recognise(request: IncomingMessage): Promise<Recognition>;
}

export const ABSENT: Recognition = Object.freeze({ kind: "absent" });

export function refused(reason: string): Recognition {
  return { kind: "refused", reason };
}

export function unrecognised(reason: string): Recognition {
  return { kind: "unrecognised", reason };
}

/** The bearer token of a request, if it has one. */
export function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
}
