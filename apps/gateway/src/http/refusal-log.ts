import type { AuditEventType, Clock, JsonObject, Principal } from "@mcp-flowgate/core";

/** Writes one audit event. */
export type Recorder = (type: AuditEventType, payload: JsonObject, principal?: Principal) => void;

/** Refusals of one sender that are recorded one by one in an interval; the others are counted. */
const INTERVAL_MS = 10_000;
const MAX_SENDERS = 10_000;

/**
 * Records refusals, at most one per sender and kind in ten seconds: the next one says how many were left out. Whoever
 * knocks a thousand times a second must not be able to fill the disk or push everything else out of the trail.
 */
export function createRefusalLog(record: Recorder, clock: Clock): Recorder {
  const last = new Map<string, { readonly at: number; leftOut: number }>();
  return (type, payload, principal) => {
    const sender = `${type} ${principal === undefined ? "" : `${principal.tenant} ${principal.subject}`} ${String(payload["address"])}`;
    const now = clock.monotonic();
    const before = last.get(sender);
    if (before !== undefined && now - before.at < INTERVAL_MS) {
      before.leftOut++;
      return;
    }
    if (last.size >= MAX_SENDERS) last.delete(last.keys().next().value as string);
    last.delete(sender);
    last.set(sender, { at: now, leftOut: 0 });
    const leftOut = before?.leftOut ?? 0;
    record(type, leftOut === 0 ? payload : { ...payload, leftOut }, principal);
  };
}
