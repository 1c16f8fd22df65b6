import type { ErrorClass } from "../errors.ts";
import type { ExecutorIr } from "./executor.ts";

export interface ReliabilityIr {
  /** One attempt's time; the operation's own deadline stays in force. */
  readonly timeoutMs?: number;
  readonly retry?: RetryIr;
  /** Tried in order after a primary that was not sent or definitely failed. */
  readonly fallback?: { readonly strategy: "first_success"; readonly executors: readonly ExecutorIr[] };
  readonly circuitBreaker?: { readonly failures: number; readonly windowMs: number; readonly openMs: number };
}

export interface RetryIr {
  readonly maxAttempts: number;
  readonly backoff: "none" | "fixed" | "exponential";
  readonly initialDelayMs: number;
  readonly maxDelayMs?: number;
  readonly jitter: boolean;
  readonly retryOn: readonly ErrorClass[];
}
