import { hash } from "node:crypto";
import type { Digest, IdPrefix, Ids } from "@mcp-flowgate/core";
import { randomTenBits } from "./random-pool.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** Every two of them: a call makes several ids, and half as many look-ups make them. */
const PAIRS = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

/**
 * Ids `<prefix>_<9 characters of time><13 random characters>` in Crockford's base 32: sortable, 65 random bits. They
 * name things and open nothing, so they are no longer than that: a model reads and writes them in every call.
 */
export const systemIds: Ids = Object.freeze({
  next(prefix: IdPrefix): string {
    let tail = "";
    for (let pair = 0; pair < 6; pair++) tail += PAIRS[randomTenBits()];
    return `${prefix}_${stampOf(Date.now())}${tail}${ALPHABET[randomTenBits() & 31]}`;
  },
  random: () => Math.random(),
});

export const systemDigest: Digest = Object.freeze({
  sha256: (text: string) => hash("sha256", text, "hex"),
});

let stampedAt = Number.NaN;
let stamp = "";

/** The nine digits of a time. Ids of one millisecond share them. */
function stampOf(now: number): string {
  if (now === stampedAt) return stamp;
  let time = now;
  let digits = "";
  for (let digit = 0; digit < 9; digit++) {
    digits = ALPHABET[time % 32] + digits;
    time = Math.floor(time / 32);
  }
  stampedAt = now;
  stamp = digits;
  return digits;
}
