import { hash } from "node:crypto";
import type { Digest, Ids } from "@mcp-flowgate/core";

/** Ids that count (`wf_000001`) and random numbers of a fixed sequence (mulberry32 by Tommy Ettinger, public domain). */
export function createCountingIds(seed = 1): Ids {
  let count = 0;
  let state = seed >>> 0;
  return {
    next(prefix) {
      count += 1;
      return `${prefix}_${String(count).padStart(6, "0")}`;
    },
    random() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

/** SHA-256 by Node. */
export const nodeDigest: Digest = Object.freeze({
  sha256: (text: string): string => hash("sha256", text, "hex"),
});
