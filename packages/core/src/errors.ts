import type { Json } from "./json.ts";

/** Every code that an answer of the seven tools can carry in `error.code`. The set is closed. */
export const ERROR_CODES = [
  "INVALID_ARGUMENTS",
  "UNKNOWN_ID",
  "UNKNOWN_DEFINITION",
  "UNKNOWN_WORKFLOW",
  "STALE_WORKFLOW_VERSION",
  "TRANSITION_IN_PROGRESS",
  "INVALID_TRANSITION",
  "ACTOR_MISMATCH",
  "INPUT_SCHEMA_VIOLATION",
  "GUARD_REJECTED",
  "EXECUTOR_FAILED",
  "OUTPUT_SCHEMA_VIOLATION",
  "CHAIN_FAILED",
  "OUTCOME_UNKNOWN",
  "WORKFLOW_TERMINAL",
  "FORBIDDEN",
  "RATE_LIMITED",
  "DRAINING",
  "AUDIT_UNAVAILABLE",
  "STORE_UNAVAILABLE",
  "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** How a failed executor is classed on the wire and in `reliability.retry.retryOn`. */
export const ERROR_CLASSES = [
  "timeout",
  "transient_error",
  "rate_limited",
  "connection_error",
  "permanent",
] as const;

export type ErrorClass = (typeof ERROR_CLASSES)[number];

/**
 * What is known about the effect of a failed attempt: `not_sent` nothing reached the other side, `failed` it
 * answered definitely, `unknown` it may or may not have taken effect.
 */
export type FailureEffect = "not_sent" | "failed" | "unknown";

/** The one error class that crosses package boundaries by `throw`. Everything else is a value. */
export class FlowgateError extends Error {
  override readonly name = "FlowgateError";
  readonly code: ErrorCode;
  readonly details: readonly Json[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly details?: readonly Json[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }

  /** Any thrown thing as a {@link FlowgateError}; what is not one already becomes `INTERNAL` with its cause kept. */
  static from(thrown: unknown): FlowgateError {
    if (thrown instanceof FlowgateError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new FlowgateError("INTERNAL", message, { cause: thrown });
  }
}
