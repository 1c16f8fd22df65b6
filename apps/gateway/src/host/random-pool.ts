import { randomBytes } from "node:crypto";

/** Asking the system for a few bytes costs as much as for many, and every call needs several ids. */
const POOL_BYTES = 4096;

let pool = Buffer.alloc(0);
let used = 0;

/** Ten random bits. Fit for ids, which name things; what opens something is made of bytes of its own. */
export function randomTenBits(): number {
  const at = take(2);
  return (((pool[at] as number) << 8) | (pool[at + 1] as number)) & 1023;
}

/** Random bytes as hexadecimal digits, fit for the same. */
export function randomHex(bytes: number): string {
  const at = take(bytes);
  return pool.toString("hex", at, at + bytes);
}

/** Where in the pool they stand. No byte is given twice. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  const at = used;
  used += bytes;
  return at;
}
