import type { Lease } from "@mcp-flowgate/core";

/** An operation that runs this much longer than its deadline has lost its driver. */
export const ORPHAN_GRACE_MS = 30_000;

/** A packet of a process that was paused between its check and its send may come as late as this. */
const MIN_QUARANTINE_MS = 60_000;

const DISPATCH_SHARE = 0.7;

/** Until when a process may dispatch effects that began to send its last beat at `sentAt` (L3). */
export function dispatchUntil(sentAt: number, leaseMs: number): number {
  return sentAt + DISPATCH_SHARE * leaseMs;
}

/** The lease of a process. */
export function toLease(
  { replica, leaseMs }: { readonly replica: string; readonly leaseMs: number },
  epoch: number,
  validUntil: number,
): Lease {
  return { replica, epoch, validUntil, quarantineMs: Math.max(4 * leaseMs, MIN_QUARANTINE_MS) };
}
