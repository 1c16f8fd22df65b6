import type { Result } from "./result.ts";
import { err, ok } from "./result.ts";
import type { IpAddress, IpNetwork } from "./ip-address.ts";
import { isInNetwork, parseIpAddress, parseIpNetwork } from "./ip-address.ts";

/**
 * Which destinations the gateway may dial. Entries are host names, with `*` for any text in them, addresses, and ranges
 * in CIDR notation.
 */
export interface EgressIr {
  /** Empty: every destination that is not denied and that the rules about addresses leave open. */
  readonly allow: readonly string[];
  /** Wins over everything. */
  readonly deny: readonly string[];
}

/**
 * Decides which address may be dialled for a host that a configuration names. In this order:
 *
 * 1. What is denied, by name or address, is never dialled.
 * 2. With an `allow` list, only hosts or addresses on it are.
 * 3. A host that is itself an address names that address.
 * 4. Loopback, private and link-local addresses are where the operator's own systems and the cloud's credentials are.
 *    `localhost` leads to loopback. A name of one label, or below a suffix that no public registry gives out, leads to
 *    private and loopback addresses as well. Any other name leads to public addresses only, so that whoever controls its
 *    DNS cannot point the gateway at the operator's network. No name leads to link-local addresses.
 * 5. An `allow` entry that is an address or range within those of rule 4 opens it to every name.
 */
export interface EgressPolicy {
  mayDial(host: string, address: string): boolean;
  /** Whether no resolver could make it so: what can be told from the configuration alone. */
  neverDials(host: string): boolean;
}

export function createEgressPolicy(egress: EgressIr): EgressPolicy {
  const allow = toRules(egress.allow);
  const deny = toRules(egress.deny);
  const isUnrestricted = egress.allow.length === 0;

  const mayDial = (host: string, address: string): boolean => {
    const name = normalizeHost(host);
    const target = parseIpAddress(address);
    if (target === undefined || deny.matchesHost(name) || deny.matchesAddress(target)) return false;
    if (!isUnrestricted && !allow.matchesHost(name) && !allow.matchesAddress(target)) return false;
    if (parseIpAddress(name) !== undefined) return true;
    const guarded = GUARDED.find((kind) => kind.networks.some((network) => isInNetwork(target, network)));
    if (guarded === undefined || guarded.isNamedBy(name)) return true;
    return allow.networks.some((entry) => isInNetwork(target, entry) && lies(entry, guarded.networks));
  };

  return {
    mayDial,
    neverDials(host) {
      const name = normalizeHost(host);
      if (parseIpAddress(name) !== undefined) return !mayDial(name, name);
      if (isLocalhost(name)) return !mayDial(name, "127.0.0.1") && !mayDial(name, "::1");
      if (deny.matchesHost(name)) return true;
      return !isUnrestricted && !allow.matchesHost(name) && allow.networks.length === 0;
    },
  };
}

/** What is wrong with an entry of `allow` or `deny`, or `undefined`. */
export function egressFault(entry: string): string | undefined {
  const rule = parseRule(entry);
  return rule.ok ? undefined : rule.error;
}

type Rule =
  | { readonly kind: "host"; readonly pattern: RegExp }
  | { readonly kind: "network"; readonly network: IpNetwork };

function parseRule(entry: string): Result<Rule, string> {
  const isNumeric = parseIpAddress(entry) !== undefined || /^[\d.*]+$/.test(entry);
  if (entry.includes("/") || (isNumeric && entry !== "*")) {
    if (entry.includes("://")) return err("is a URL; write the host alone");
    const network = parseIpNetwork(entry);
    return network.ok ? ok({ kind: "network", network: network.value }) : network;
  }
  const name = normalizeHost(entry);
  if (/:\d+$/.test(name)) return err("has a port; the policy is about hosts and addresses");
  if (!/^(?=.{1,253}$)[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*$/.test(name)) {
    return err("is not a host name, an address or a range of addresses");
  }
  const pattern = name
    .split("*")
    .map((part) => part.replaceAll(".", String.raw`\.`))
    .join(".*");
  return ok({ kind: "host", pattern: new RegExp(`^${pattern}$`) });
}

interface Rules {
  readonly networks: readonly IpNetwork[];
  matchesHost(name: string): boolean;
  matchesAddress(address: IpAddress): boolean;
}

function toRules(entries: readonly string[]): Rules {
  const rules = entries.map(parseRule).flatMap((rule) => (rule.ok ? [rule.value] : []));
  const networks = rules.flatMap((rule) => (rule.kind === "network" ? [rule.network] : []));
  const patterns = rules.flatMap((rule) => (rule.kind === "host" ? [rule.pattern] : []));
  return {
    networks,
    matchesHost: (name) => patterns.some((pattern) => pattern.test(name)),
    matchesAddress: (address) => networks.some((network) => isInNetwork(address, network)),
  };
}

function normalizeHost(host: string): string {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return bare.toLowerCase().replace(/\.$/, "");
}

/** Whether a range lies within one of `networks`: a range as wide as the internet opens nothing. */
function lies(entry: IpNetwork, networks: readonly IpNetwork[]): boolean {
  return networks.some((network) => entry.prefix >= network.prefix && isInNetwork(entry.base, network));
}

/** Suffixes that are reserved for private use, or that the public DNS does not delegate. */
const INTERNAL_SUFFIXES = [
  ".local",
  ".internal",
  ".intranet",
  ".lan",
  ".home",
  ".corp",
  ".private",
  ".home.arpa",
  ".svc",
];

function isInternalName(name: string): boolean {
  return !name.includes(".") || INTERNAL_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}

interface GuardedAddresses {
  readonly networks: readonly IpNetwork[];
  readonly isNamedBy: (name: string) => boolean;
}

/** In order: the first kind that an address belongs to decides. */
const GUARDED: readonly GuardedAddresses[] = [
  {
    // Link-local (RFC 3927, RFC 4291) with the metadata services in it, those that live elsewhere, unspecified, multicast
    // and reserved addresses, and the ranges that carry an IPv4 address in an IPv6 one (NAT64, 6to4, Teredo).
    networks: toNetworks(
      "0.0.0.0/8 169.254.0.0/16 100.100.100.200 168.63.129.16 224.0.0.0/4 240.0.0.0/4 " +
        "::/128 fe80::/10 fd00:ec2::254 ff00::/8 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32",
    ),
    isNamedBy: () => false,
  },
  {
    networks: toNetworks("127.0.0.0/8 ::1"),
    isNamedBy: (name) => isLocalhost(name) || isInternalName(name),
  },
  {
    // RFC 1918, RFC 6598 (shared), RFC 4193, and the documentation and benchmark ranges, which are nobody's.
    networks: toNetworks(
      "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 " +
        "198.51.100.0/24 203.0.113.0/24 fc00::/7 2001:db8::/32",
    ),
    isNamedBy: isInternalName,
  },
];

function toNetworks(list: string): readonly IpNetwork[] {
  return list.split(" ").flatMap((text) => {
    const network = parseIpNetwork(text);
    return network.ok ? [network.value] : [];
  });
}
