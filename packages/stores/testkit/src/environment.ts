import { createHash, randomUUID } from "node:crypto";
import type { Clock, Digest, Ids, Log } from "@mcp-flowgate/core";

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const randomIds: Ids = { next: (prefix) => `${prefix}_${randomUUID()}`, random: () => Math.random() };

export const digest: Digest = { sha256: (text) => createHash("sha256").update(text, "utf8").digest("hex") };

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
