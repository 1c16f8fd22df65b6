import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Node's default, 16 MiB and some 30 ms a guess. Keys that `init-key` makes have 256 random bits besides. */
const COST: Cost = { N: 16_384, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** A hash as configurations hold it: `scrypt$N$r$p$salt$hash`, the last two in base64. */
export async function hashKey(key: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(key, salt, HASH_BYTES, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

/** Whether `key` is the one that was hashed. `scrypt$salt$hash` means the default cost. */
export async function matchesHash(key: string, text: string): Promise<boolean> {
  const parts = text.split("$").slice(1);
  const [salt = "", hash = ""] = parts.slice(-2);
  const [N, r, p] = parts.length === 5 ? parts.slice(0, 3).map(Number) : [COST.N, COST.r, COST.p];
  const expected = Buffer.from(hash, "base64");
  if (expected.length < 16) return false;
  const derived = await derive(key, Buffer.from(salt, "base64"), expected.length, {
    N: N as number,
    r: r as number,
    p: p as number,
  });
  return timingSafeEqual(derived, expected);
}

/** A new key: `fgk_<id>_<256 random bits>`. The id in it says which hash to try; it is no secret. */
export function newKey(id: string): string {
  return `fgk_${id}_${randomBytes(32).toString("base64url")}`;
}

/** The id that a key of `newKey` carries. */
export function idInKey(key: string): string | undefined {
  return /^fgk_(.+)_[\w-]{43}$/.exec(key)?.[1];
}

function derive(key: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(key, salt, length, { ...cost, maxmem: 256 * 1024 * 1024 }, (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });
}
