import type { AuditSink, Clock, Ids, Log } from "@mcp-flowgate/core";

/**
 * Records requests whose sender could not be identified. Anybody can make them, so they must not be able to push the
 * rest of the trail out: beyond a few a second they are counted, and the next record carries the number.
 */
export type RefusedCallers = (reason: string) => void;

const MOST_PER_SECOND = 20;

export function createRefusedCallers(parts: {
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): RefusedCallers {
  const { audit, clock, ids, log } = parts;
  let second = Number.NEGATIVE_INFINITY;
  let recorded = 0;
  let unrecorded = 0;
  return (reason) => {
    const now = Math.floor(clock.monotonic() / 1000);
    if (now !== second) {
      second = now;
      recorded = 0;
    }
    if (recorded >= MOST_PER_SECOND) {
      unrecorded += 1;
      return;
    }
    recorded += 1;
    const correlationId = ids.next("cor");
    const payload = { reason, transport: "http", ...(unrecorded === 0 ? {} : { unrecorded }) };
    unrecorded = 0;
    log.warn("a caller was refused", { correlationId, reason });
    audit
      .append([{ type: "auth.rejected", at: clock.now(), correlationId, payload }])
      .catch((error: unknown) =>
        log.error("a refused caller could not be recorded", { correlationId, error: String(error) }),
      );
  };
}
