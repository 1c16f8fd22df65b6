import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import { ABSENT, refused, unrecognised, type IdentityProvider } from "./provider.ts";
import { isName, textsOf, toPrincipal, type RoleTable } from "./to-principal.ts";

/**
 * Headers that a proxy in front has set. They count only from the configured addresses and, where one is configured,
 * with the shared secret; from anybody else they are no proof of anything.
 */
export function createTrustedHeadersProvider(settings: JsonObject, roles: RoleTable): IdentityProvider {
  const networks = toBlockList(textsOf(settings["trustedProxies"]));
  const secret = isJsonObject(settings["secretHeader"]) ? settings["secretHeader"] : undefined;
  const trusted = (request: IncomingMessage): boolean => {
    if (networks === undefined && secret === undefined) return false;
    if (networks !== undefined && !isWithin(networks, request.socket.remoteAddress)) return false;
    return secret === undefined || hasSecret(request, String(secret["name"]), String(secret["value"]));
  };
  const header = (request: IncomingMessage, key: string): readonly string[] => {
    const name = settings[key];
    return typeof name === "string" ? (request.headersDistinct[name.toLowerCase()] ?? []) : [];
  };
  return {
    recognise(request) {
      const subjects = header(request, "subject");
      if (subjects.length === 0) return Promise.resolve(ABSENT);
      if (!trusted(request))
        return Promise.resolve(unrecognised("Identity headers are not accepted from this address."));
      const single = ["subject", "tenant", "callerKind"].map((key) => header(request, key));
      // A header that came twice may be the caller's own besides the proxy's.
      if (single.some((values) => values.length > 1))
        return Promise.resolve(refused("An identity header came more than once."));
      const [subject, tenant, kind] = single.map(([value]) => value?.trim());
      if (subject === undefined || !isName(subject))
        return Promise.resolve(refused("The proxy names no subject."));
      if (typeof settings["tenant"] === "string" && (tenant === undefined || !isName(tenant)))
        return Promise.resolve(refused("The proxy names no tenant."));
      const principal = toPrincipal(
        {
          subject,
          tenant,
          roles: listOf(header(request, "roles")),
          permissions: listOf(header(request, "permissions")),
          kind,
          via: "trustedHeaders",
        },
        roles,
      );
      return Promise.resolve({ kind: "recognised", caller: { principal } });
    },
  };
}

function listOf(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => value.split(","))
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function hasSecret(request: IncomingMessage, name: string, expected: string): boolean {
  const given = request.headersDistinct[name.toLowerCase()] ?? [];
  return given.length === 1 && timingSafeEqual(digest(given[0] as string), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function toBlockList(networks: readonly string[]): BlockList | undefined {
  if (networks.length === 0) return undefined;
  const found = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    found.addSubnet(address, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  }
  return found;
}

function isWithin(networks: BlockList, address: string | undefined): boolean {
  if (address === undefined) return false;
  // A socket that listens on both families shows IPv4 addresses in their mapped form.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return networks.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}
