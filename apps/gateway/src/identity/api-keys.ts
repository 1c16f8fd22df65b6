import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock, JsonObject, Principal } from "@mcp-flowgate/core";
import { idInKey, matchesHash } from "./api-key-hash.ts";
import { ABSENT, bearerToken, refused, unrecognised, type IdentityProvider } from "./provider.ts";
import { textsOf, toPrincipal, type RoleTable } from "./to-principal.ts";

interface ApiKey {
  readonly id: string;
  readonly hash?: string;
  /** Milliseconds since the epoch; from then on it is refused. */
  readonly expiresAt: number;
  readonly principal: Principal;
}

/** Strangers' keys being tried at the same time; further ones are turned away, so that guessing cannot use up the machine. */
const MAX_WAITING = 16;
/** Strangers' keys remembered as such; the oldest go first. */
const MAX_STRANGERS = 10_000;
/** Keys longer than this are nobody's. */
const MAX_KEY_LENGTH = 512;

/**
 * Keys sent as a bearer token or as `X-API-Key`.
 *
 * Owns the SHA-256 of every key that has matched its hash once, and of those that lately matched none: a key is checked
 * on every call, and scrypt is slow on purpose. The keys themselves are kept nowhere. Keys are tried one after the other, never side by side.
 */
export function createApiKeyProvider(settings: JsonObject, roles: RoleTable, clock: Clock): IdentityProvider {
  const keys = (settings["keys"] as readonly JsonObject[]).map((entry) => toApiKey(entry, roles));
  const known = new Map<string, ApiKey>();
  (settings["keys"] as readonly JsonObject[]).forEach((entry, index) => {
    if (typeof entry["key"] === "string") known.set(digest(entry["key"]), keys[index] as ApiKey);
  });
  const strangers = new Set<string>();
  let waiting = 0;
  let trying: Promise<unknown> = Promise.resolve();

  const find = async (secret: string): Promise<ApiKey | undefined> => {
    const id = idInKey(secret);
    for (const key of keys) {
      if (key.hash === undefined || (id !== undefined && key.id !== id)) continue;
      if (await matchesHash(secret, key.hash)) return key;
    }
    return undefined;
  };

  return {
    async recognise(request) {
      const secret = presentedKey(request);
      if (secret === undefined) return ABSENT;
      // A signed token is for other providers, and too costly to be tried as a key on every call.
      if (JWT.test(secret)) return ABSENT;
      if (secret.length > MAX_KEY_LENGTH) return unrecognised("The API key is not known.");
      const fingerprint = digest(secret);
      if (strangers.has(fingerprint)) return unrecognised("The API key is not known.");
      let key = known.get(fingerprint);
      if (key === undefined) {
        if (waiting >= MAX_WAITING)
          return { kind: "unavailable", reason: "Too many unknown API keys are being tried; try again." };
        waiting++;
        const turn = trying.then(() => known.get(fingerprint) ?? find(secret));
        trying = turn.catch(() => undefined);
        key = await turn.finally(() => waiting--);
        if (key === undefined) {
          if (strangers.size >= MAX_STRANGERS) strangers.delete(strangers.values().next().value as string);
          strangers.add(fingerprint);
          return unrecognised("The API key is not known.");
        }
        known.set(fingerprint, key);
      }
      return key.expiresAt <= clock.now()
        ? refused("The API key has expired.")
        : { kind: "recognised", caller: { principal: key.principal } };
    },
  };
}

const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

function presentedKey(request: IncomingMessage): string | undefined {
  const header = request.headers["x-api-key"];
  return typeof header === "string" ? header : bearerToken(request);
}

function toApiKey(entry: JsonObject, roles: RoleTable): ApiKey {
  const id = String(entry["id"]);
  return {
    id,
    ...(typeof entry["hash"] === "string" ? { hash: entry["hash"] } : {}),
    expiresAt:
      typeof entry["expiresAt"] === "string" ? Date.parse(entry["expiresAt"]) : Number.POSITIVE_INFINITY,
    principal: toPrincipal(
      {
        subject: String(entry["subject"]),
        tenant: typeof entry["tenant"] === "string" ? entry["tenant"] : undefined,
        roles: textsOf(entry["roles"]),
        permissions: textsOf(entry["permissions"]),
        kind: entry["kind"],
        via: `apiKey:${id}`,
      },
      roles,
    ),
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
