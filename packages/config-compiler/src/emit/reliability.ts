import type { ErrorClass, ReliabilityIr, RetryIr } from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import { optional, type Cursor } from "./cursor.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What an author wrote, before defaults: only this can be merged field by field. */
export interface AuthoredReliability {
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryIr>;
  readonly fallback?: NonNullable<ReliabilityIr["fallback"]>;
  readonly circuitBreaker?: Partial<NonNullable<ReliabilityIr["circuitBreaker"]>>;
}

/** Reads a reliability block; `executors` turns its fallback's executors into IR. */
export function readReliability(
  cursor: Cursor | undefined,
  executors: (items: readonly Cursor[]) => NonNullable<ReliabilityIr["fallback"]>["executors"],
  report: Report,
): AuthoredReliability {
  if (cursor === undefined) return {};
  const retry = readRetry(cursor, report);
  const fallback = cursor.child("fallback");
  const breaker = cursor.child("circuitBreaker");
  return {
    ...optional("timeoutMs", cursor.milliseconds("timeoutMs")),
    ...optional("retry", retry),
    ...(fallback === undefined
      ? {}
      : {
          fallback: {
            strategy: "first_success" as const,
            executors: executors(fallback.itemsOf("executors")),
          },
        }),
    ...(breaker === undefined
      ? {}
      : {
          circuitBreaker: {
            ...optional("failures", breaker.number("failures")),
            ...optional("windowMs", breaker.milliseconds("windowMs")),
            ...optional("openMs", breaker.milliseconds("openMs")),
          },
        }),
  };
}

function readRetry(cursor: Cursor, report: Report): Partial<RetryIr> | undefined {
  const long = cursor.child("retry");
  const short = cursor.child("retries");
  if (short !== undefined && long !== undefined) {
    report("FG207", short.key, "`retries` is the short form of `retry`: only one of them can be given", {
      pointer: short.pointer,
    });
  }
  if (long !== undefined) {
    const retry: Partial<Mutable<RetryIr>> = {
      ...optional("maxAttempts", long.number("maxAttempts")),
      ...optional("backoff", long.text("backoff") as RetryIr["backoff"] | undefined),
      ...optional("initialDelayMs", long.milliseconds("initialDelayMs")),
      ...optional("maxDelayMs", long.milliseconds("maxDelayMs")),
      ...optional("jitter", long.flag("jitter")),
    };
    if (long.has("retryOn")) retry.retryOn = long.texts("retryOn") as readonly ErrorClass[];
    return retry;
  }
  if (short === undefined) return undefined;
  return {
    maxAttempts: (short.number("max") ?? 0) + 1,
    backoff: "exponential",
    initialDelayMs: short.milliseconds("backoffMs") ?? 0,
  };
}

/** `over` on top of `base`, field by field; a fallback is taken as a whole. */
export function mergeReliability(base: AuthoredReliability, over: AuthoredReliability): AuthoredReliability {
  const retry =
    base.retry === undefined && over.retry === undefined ? undefined : { ...base.retry, ...over.retry };
  const circuitBreaker =
    base.circuitBreaker === undefined && over.circuitBreaker === undefined
      ? undefined
      : { ...base.circuitBreaker, ...over.circuitBreaker };
  return { ...base, ...over, ...optional("retry", retry), ...optional("circuitBreaker", circuitBreaker) };
}

const RETRY_DEFAULTS: RetryIr = {
  maxAttempts: 1,
  backoff: "none",
  initialDelayMs: 0,
  jitter: true,
  retryOn: ["timeout", "transient_error", "rate_limited", "connection_error"],
};

/** Fills the defaults in. */
export function finishReliability(authored: AuthoredReliability): ReliabilityIr {
  const { retry, circuitBreaker, timeoutMs, fallback } = authored;
  return {
    ...optional("timeoutMs", timeoutMs),
    ...(retry === undefined ? {} : { retry: { ...RETRY_DEFAULTS, ...retry } }),
    ...optional("fallback", fallback),
    ...(circuitBreaker === undefined
      ? {}
      : { circuitBreaker: { failures: 5, windowMs: 60_000, openMs: 30_000, ...circuitBreaker } }),
  };
}
