import { randomHex } from "../host/random-pool.ts";

/** The parts of a W3C `traceparent`. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/**
 * Reads a `traceparent` by W3C Trace Context, section 3.2. Versions to come are read as far as version 00 goes.
 * @returns nothing for text that is none: then a trace begins here.
 */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = match;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function toTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/**
 * A `tracestate` that can be passed on as it came, by W3C Trace Context, section 3.3: what is longer than vendors have to
 * pass on, or could not stand in a header, is left out.
 */
export function readTracestate(text: string | undefined): string | undefined {
  return text !== undefined && /^[\x20-\x7e\t]{1,512}$/.test(text) ? text : undefined;
}

/** A trace of its own, which nobody records: so that every event of a call can be found by one id all the same. */
export function beginTrace(): TraceContext {
  return { traceId: randomHex(16), spanId: randomHex(8), sampled: false };
}
