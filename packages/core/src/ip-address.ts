import type { Result } from "./result.ts";
import { err, ok } from "./result.ts";

/** An address as a number. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 address. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** The addresses whose first `prefix` bits are those of `base`. */
export interface IpNetwork {
  readonly base: IpAddress;
  readonly prefix: number;
}

/** Reads `10.0.0.1`, `2001:db8::1`, `[::1]` or `fe80::1%eth0`; `undefined` for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const four = parseFour(bare);
  if (four !== undefined) return { family: 4, value: four };
  const six = parseSix(bare.replace(/%.*$/, ""));
  if (six === undefined) return undefined;
  return six >> 32n === MAPPED ? { family: 4, value: six & 0xffff_ffffn } : { family: 6, value: six };
}

/** Reads an address or a range in CIDR notation (RFC 4632). Bits below the prefix must be zero. */
export function parseIpNetwork(text: string): Result<IpNetwork, string> {
  const [address = "", bits, more] = text.split("/");
  const base = parseIpAddress(address);
  if (base === undefined || more !== undefined) return err("is not an address or a range of addresses");
  const length = base.family === 4 ? 32 : 128;
  const prefix = bits === undefined ? length : /^\d{1,3}$/.test(bits) ? Number(bits) : length + 1;
  if (prefix > length) return err(`needs a prefix from 0 to ${length} after the slash`);
  if ((base.value & hostMask(base.family, prefix)) !== 0n) {
    return err(`has bits set behind its prefix of ${prefix}`);
  }
  return ok({ base, prefix });
}

export function isInNetwork(address: IpAddress, { base, prefix }: IpNetwork): boolean {
  const shift = BigInt((base.family === 4 ? 32 : 128) - prefix);
  return address.family === base.family && address.value >> shift === base.value >> shift;
}

/** `::ffff:0:0/96` (RFC 4291, section 2.5.5.2). */
const MAPPED = 0xffffn;

function hostMask(family: 4 | 6, prefix: number): bigint {
  return (1n << BigInt((family === 4 ? 32 : 128) - prefix)) - 1n;
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : toGroups(half)));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function toGroups(text: string): readonly number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 ? parseFour(part) : undefined;
    if (four !== undefined) groups.push(Number(four >> 16n), Number(four & 0xffffn));
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
