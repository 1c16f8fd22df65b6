import { hash } from "node:crypto";
import type { Digest, IdPrefix, Ids } from "@mcp-flowgate/core";
import { randomByte } from "./random-pool.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Ids `<prefix>_<9 characters of time><13 random characters>` in Crockford's base 32: sortable, 65 random bits. They
 * name things and open nothing, so they are no longer than that: a model reads and writes them in every call.
 */
export const systemIds: Ids = Object.freeze({
  next(prefix: IdPrefix): string {
    let time = Date.now();
    let stamp = "";
    for (let digit = 0; digit < 9; digit++) {
      stamp = ALPHABET[time % 32] + stamp;
      time = Math.floor(time / 32);
    }
    let tail = "";
    for (let digit = 0; digit < 13; digit++) tail += ALPHABET[randomByte() & 31];
    return `${prefix}_${stamp}${tail}`;
  },
  random: () => Math.random(),
});

export const systemDigest: Digest = Object.freeze({
  sha256: (text: string) => hash("sha256", text, "hex"),
});
