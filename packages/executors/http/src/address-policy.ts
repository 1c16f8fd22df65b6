import { lookup as resolve } from "node:dns";
import type { LookupAddress, LookupOptions } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";

/** What an operator allows and forbids beyond the rules below: addresses, CIDR ranges and host globs (`*.corp.example`). */
export interface Egress {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/**
 * Decides which addresses may be dialled for a host that a configuration names. The address that is checked is the one
 * that is dialled: the check sits in the resolver that the socket itself calls.
 *
 * A host that is itself an address names that address. `localhost` names loopback. A name of one label, or below one of
 * the suffixes that no public registry gives out, names a place in the operator's network: private and loopback addresses.
 * Any other name is public, and may only lead to public addresses, so that whoever controls its DNS cannot point the
 * gateway at the operator's network. Link-local addresses, where clouds serve credentials, are reached by no name.
 */
export interface AddressPolicy {
  /** The error text for a host that may not be dialled at all, else `undefined`. */
  refuseHost(host: string): string | undefined;
  /** For `net.connect` and `tls.connect`. Fails with code {@link REFUSED_ADDRESS}. */
  readonly lookup: LookupFunction;
}

/** Code of the error that {@link AddressPolicy.lookup} gives for a name that leads only to forbidden addresses. */
export const REFUSED_ADDRESS = "FLOWGATE_REFUSED_ADDRESS";

export interface AddressPolicyOptions {
  readonly egress?: Egress | undefined;
  /** The resolver of the system, unless a test has its own. */
  readonly resolve?: (
    host: string,
    options: { readonly all: true; readonly family?: number },
    callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
  ) => void;
}

export function createAddressPolicy(options: AddressPolicyOptions = {}): AddressPolicy {
  const allow = compileRules(options.egress?.allow ?? []);
  const deny = compileRules(options.egress?.deny ?? []);
  const ask = options.resolve ?? resolve;

  const mayReach = (host: string, address: string): boolean => {
    if (deny.matchesHost(host) || deny.matchesAddress(address)) return false;
    if (allow.matchesHost(host) || allow.matchesAddress(address)) return true;
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (NEVER_BY_NAME.check(address, family)) return false;
    if (LOOPBACK.check(address, family)) return isLocalhost(host) || isInternalName(host);
    if (PRIVATE.check(address, family)) return isInternalName(host);
    return true;
  };

  return {
    refuseHost(host) {
      const name = unbracket(host);
      const refused = deny.matchesHost(name) || (isIP(name) !== 0 && deny.matchesAddress(name));
      return refused ? "The host is on the list of destinations that are denied." : undefined;
    },
    lookup(host, lookupOptions: LookupOptions, callback) {
      const family = typeof lookupOptions.family === "number" ? { family: lookupOptions.family } : {};
      ask(host, { all: true, ...family }, (error, addresses) => {
        if (error !== null) {
          callback(error, "", 0);
          return;
        }
        const allowed = addresses.filter(({ address }) => mayReach(host, address));
        const first = allowed[0];
        if (first === undefined) {
          const refusal: NodeJS.ErrnoException = new Error(
            "The name leads only to addresses that may not be dialled.",
          );
          refusal.code = REFUSED_ADDRESS;
          callback(refusal, "", 0);
        } else if (lookupOptions.all === true) {
          callback(null, [...allowed]);
        } else {
          callback(null, first.address, first.family);
        }
      });
    },
  };
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

function isInternalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return !name.includes(".") || INTERNAL_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

function isLocalhost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}

const LOOPBACK = blockList([["127.0.0.0", 8]], [["::1", 128]]);

/** RFC 1918, RFC 6598 (shared), RFC 4193, and the documentation and benchmark ranges, which are nobody's. */
const PRIVATE = blockList(
  [
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["100.64.0.0", 10],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
  ],
  [
    ["fc00::", 7],
    ["2001:db8::", 32],
  ],
);

/**
 * Link-local (RFC 3927, RFC 4291) with the metadata services in it, those that live elsewhere, unspecified, multicast
 * and reserved addresses, and the ranges that carry an IPv4 address in an IPv6 one (NAT64, 6to4, Teredo).
 */
const NEVER_BY_NAME = blockList(
  [
    ["0.0.0.0", 8],
    ["169.254.0.0", 16],
    ["100.100.100.200", 32],
    ["168.63.129.16", 32],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4],
  ],
  [
    ["::", 128],
    ["fe80::", 10],
    ["fd00:ec2::254", 128],
    ["ff00::", 8],
    ["64:ff9b::", 96],
    ["64:ff9b:1::", 48],
    ["2002::", 16],
    ["2001::", 32],
  ],
);

function blockList(
  four: readonly (readonly [string, number])[],
  six: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of four) list.addSubnet(net, prefix, "ipv4");
  for (const [net, prefix] of six) list.addSubnet(net, prefix, "ipv6");
  return list;
}

interface Rules {
  matchesHost(host: string): boolean;
  matchesAddress(address: string): boolean;
}

function compileRules(entries: readonly string[]): Rules {
  const addresses = new BlockList();
  const hosts: RegExp[] = [];
  for (const entry of entries) {
    const [net = "", prefix] = entry.split("/");
    const version = isIP(unbracket(net));
    if (version === 0) {
      const pattern = entry
        .toLowerCase()
        .split("*")
        .map((part) => part.replaceAll(/[^a-z0-9-]/g, String.raw`\$&`));
      hosts.push(new RegExp(`^${pattern.join("[^/]*")}$`));
    } else {
      const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
      addresses.addSubnet(unbracket(net), bits, version === 4 ? "ipv4" : "ipv6");
    }
  }
  return {
    matchesHost: (host) => hosts.some((pattern) => pattern.test(host.toLowerCase())),
    matchesAddress: (address) => addresses.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"),
  };
}

function unbracket(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}
