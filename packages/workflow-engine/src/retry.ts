import type { EffectClass, ExecutorFailure, RetryIr } from "@mcp-flowgate/core";

/** What is known when an attempt has failed. Times in milliseconds. */
export interface FailedAttempt {
  readonly effect: EffectClass;
  /** False where the effect class is only the default of the executor's kind. */
  readonly effectDeclared: boolean;
  readonly retry?: RetryIr;
  readonly failure: ExecutorFailure;
  /** Counts from 1. */
  readonly attempt: number;
  /** Fallback executors that were not tried yet. */
  readonly fallbacksLeft: number;
  readonly now: number;
  readonly deadlineAt: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

export type NextAttempt =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "fallback" }
  | { readonly kind: "failed" }
  | { readonly kind: "unknown" };

const DEFAULT_MAX_DELAY_MS = 60_000;

/**
 * What follows a failed attempt.
 *
 * What certainly did not reach the other side may be retried whatever the effect class. What may have taken effect is
 * repeated only where a repetition is harmless (`read`, `idempotent`) or where the author wrote a retry for an
 * executor whose class is merely the default. A `once` that stays uncertain is `unknown`: no retry, no fallback (W5).
 *
 * Backoff is full jitter: uniform between 0 and the capped exponential, as in Brooker's "Exponential Backoff And
 * Jitter" (AWS Architecture Blog, 2015). A `Retry-After` is a lower bound. No attempt begins after the deadline.
 */
export function nextAttempt(failed: FailedAttempt): NextAttempt {
  const { failure, effect } = failed;
  const harmless = effect === "read" || effect === "idempotent";
  if (mayRetry(failed, harmless)) {
    const delayMs = delayOf(failed);
    if (failed.now + delayMs < failed.deadlineAt) return { kind: "retry", delayMs };
  }
  if (failure.effect === "unknown" && !harmless) return { kind: "unknown" };
  if (failed.fallbacksLeft > 0 && failed.now < failed.deadlineAt) return { kind: "fallback" };
  return { kind: "failed" };
}

function mayRetry({ retry, attempt, failure, effectDeclared }: FailedAttempt, harmless: boolean): boolean {
  if (retry === undefined || attempt >= retry.maxAttempts) return false;
  if (!retry.retryOn.includes(failure.errorClass)) return false;
  return failure.effect === "not_sent" || harmless || !effectDeclared;
}

function delayOf({ retry, attempt, failure, random }: FailedAttempt): number {
  const base = backoffOf(retry, attempt);
  const waited = retry?.jitter === false ? base : Math.round(base * random);
  return Math.max(waited, failure.retryAfterMs ?? 0);
}

function backoffOf(retry: RetryIr | undefined, attempt: number): number {
  if (retry === undefined || retry.backoff === "none") return 0;
  const exponent = retry.backoff === "fixed" ? 0 : Math.min(attempt - 1, 30);
  return Math.min(retry.initialDelayMs * 2 ** exponent, retry.maxDelayMs ?? DEFAULT_MAX_DELAY_MS);
}
