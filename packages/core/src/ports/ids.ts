/** New ids and random numbers. A test gives a deterministic one. */
export interface Ids {
  /** A new id `<prefix>_<at least 64 random bits>`; ids of one process sort by time of making. */
  next(prefix: IdPrefix): string;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
}

export type IdPrefix = "wf" | "op" | "ev" | "ap" | "sig" | "cor" | "evt" | "bus";

/** One-way hashes. */
export interface Digest {
  /** SHA-256 of the UTF-8 text, as 64 lower-case hex digits. */
  sha256(text: string): string;
}
