import type { ErrorClass, ErrorCode, Json } from "@mcp-flowgate/core";

/** Why a call is not done, or how it went wrong, as the caller may read it. */
export interface Refusal {
  readonly code: ErrorCode;
  /** One or two sentences, without secrets, paths or stacks. */
  readonly message: string;
  readonly attemptedTransition?: string;
  readonly errorClass?: ErrorClass;
  readonly details?: readonly Json[];
}

export function refusal(
  code: ErrorCode,
  message: string,
  more: Omit<Refusal, "code" | "message"> = {},
): Refusal {
  return { code, message, ...more };
}
