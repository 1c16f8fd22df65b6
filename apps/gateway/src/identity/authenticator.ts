import { scrypt, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import {
  ANONYMOUS,
  DEFAULT_TENANT,
  err,
  ok,
  type GatewayPlan,
  type JsonObject,
  type Principal,
  type Result,
} from "@mcp-flowgate/core";

/** Who sends this HTTP request, or one sentence that may be told to a stranger. */
export type Authenticator = (request: IncomingMessage) => Promise<Result<Principal, string>>;

interface ApiKey {
  readonly id: string;
  readonly principal: Principal;
  matches(secret: string): Promise<boolean>;
}

/**
 * The authenticator that a configuration asks for. Several identities may be listed: the first that recognises
 * the request wins.
 * @returns an error that names the kind, for one that this version does not offer: a gateway that cannot check
 * who calls must not start.
 */
export function createAuthenticator(
  plan: Pick<GatewayPlan, "identity" | "roles">,
): Result<Authenticator, string> {
  const keys: ApiKey[] = [];
  let anonymous = plan.identity.length === 0;
  for (const identity of plan.identity) {
    switch (identity["kind"]) {
      case "anonymous":
        anonymous = true;
        break;
      case "local":
        break;
      case "apiKeys":
        for (const key of (identity["keys"] ?? []) as readonly JsonObject[])
          keys.push(toApiKey(key, plan.roles));
        break;
      default:
        return err(
          `identity kind "${String(identity["kind"])}" is not available in this version; anonymous, local and apiKeys are`,
        );
    }
  }
  return ok(async (request) => {
    const secret = presentedKey(request);
    if (secret !== undefined) {
      for (const key of keys) if (await key.matches(secret)) return ok(key.principal);
      if (keys.length > 0) return err("The API key is not known.");
    }
    return anonymous ? ok(ANONYMOUS) : err("Send an API key as a bearer token.");
  });
}

/** The principal of whoever started this process with stdio: the OS user where the configuration says `local`. */
export function stdioPrincipal(plan: Pick<GatewayPlan, "identity" | "roles">): Principal {
  const local = plan.identity.find((identity) => identity["kind"] === "local");
  if (local === undefined) return ANONYMOUS;
  return toPrincipal({ ...local, subject: local["subject"] ?? userInfo().username }, plan.roles, "local");
}

/** Adds to the permissions of a principal those that its roles stand for. */
export function expandRoles(
  roles: readonly string[],
  permissions: readonly string[],
  table: GatewayPlan["roles"],
): readonly string[] {
  return [
    ...new Set([
      ...permissions,
      ...roles.flatMap((role) => (Object.hasOwn(table, role) ? (table[role] ?? []) : [])),
    ]),
  ];
}

function toPrincipal(from: JsonObject, table: GatewayPlan["roles"], via: string): Principal {
  const roles = (from["roles"] ?? []) as readonly string[];
  return {
    subject: String(from["subject"]),
    tenant: typeof from["tenant"] === "string" ? from["tenant"] : DEFAULT_TENANT,
    roles,
    permissions: expandRoles(roles, (from["permissions"] ?? []) as readonly string[], table),
    kind: "agent",
    via,
  };
}

function presentedKey(request: IncomingMessage): string | undefined {
  const header = request.headers["x-api-key"];
  if (typeof header === "string") return header;
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

const derive = promisify(scrypt) as (secret: string, salt: Buffer, length: number) => Promise<Buffer>;

/** `key` is compared as it is; `hash` is `scrypt$<salt base64>$<hash base64>` with Node's default cost (N = 16384, r = 8, p = 1). */
function toApiKey(entry: JsonObject, table: GatewayPlan["roles"]): ApiKey {
  const id = String(entry["id"]);
  const principal = toPrincipal(entry, table, `apiKey:${id}`);
  const [, salt, hash] = String(entry["hash"] ?? "").split("$");
  // A key is checked on every call: once one has matched a hash it is remembered, by its own digest-sized bytes only in memory.
  let known: Buffer | undefined = typeof entry["key"] === "string" ? Buffer.from(entry["key"]) : undefined;
  return {
    id,
    principal,
    async matches(secret) {
      const given = Buffer.from(secret);
      if (known !== undefined) return given.length === known.length && timingSafeEqual(given, known);
      if (salt === undefined || hash === undefined) return false;
      const expected = Buffer.from(hash, "base64");
      const derived = await derive(secret, Buffer.from(salt, "base64"), expected.length);
      if (!timingSafeEqual(derived, expected)) return false;
      known = given;
      return true;
    },
  };
}
