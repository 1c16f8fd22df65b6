import type { ErrorClass, ExecutorFailure, FailureEffect, Json } from "@mcp-flowgate/core";
import { REFUSED_ADDRESS } from "@mcp-flowgate/outbound";
import { ABORTED } from "./send.ts";
import type { Answer } from "./send.ts";

/** A request that never left. */
export function refuse(message: string, errorClass: ErrorClass = "permanent"): ExecutorFailure {
  return { status: "failed", effect: "not_sent", errorClass, message };
}

/** A request without an answer. */
export function toTransportFailure(
  answer: Exclude<Answer, { kind: "answer" }>,
  connection: string,
): ExecutorFailure {
  const detail = { code: answer.code };
  if (answer.kind === "not_sent") {
    if (answer.code === ABORTED)
      return { ...refuse(`${connection} could not be reached in time.`, "timeout"), detail };
    if (answer.code === REFUSED_ADDRESS) {
      return { ...refuse(`The host of ${connection} leads to an address that may not be dialled.`), detail };
    }
    // Undici checks a request before it looks for a socket.
    if (answer.code === "UND_ERR_INVALID_ARG")
      return { ...refuse("The request is not a valid one."), detail };
    return { ...refuse(`${connection} could not be reached.`, "connection_error"), detail };
  }
  const timedOut = answer.code === ABORTED;
  return {
    status: "failed",
    effect: "unknown",
    errorClass: timedOut ? "timeout" : "connection_error",
    message: timedOut
      ? `${connection} did not answer in time.`
      : `The connection to ${connection} was lost before it answered.`,
    detail,
  };
}

/** What a status other than success says about the effect: a class for the wire, and whether it may have happened. */
export function classify(status: number): {
  readonly effect: FailureEffect;
  readonly errorClass: ErrorClass;
} {
  switch (status) {
    case 408:
      return { effect: "failed", errorClass: "timeout" };
    case 504:
      // The gateway in front gave up waiting; what stands behind it may still be at work.
      return { effect: "unknown", errorClass: "timeout" };
    case 429:
      return { effect: "failed", errorClass: "rate_limited" };
    case 502:
      return { effect: "unknown", errorClass: "transient_error" };
    default:
      return { effect: "failed", errorClass: status >= 500 ? "transient_error" : "permanent" };
  }
}

export function toStatusFailure(
  connection: string,
  status: number,
  statusText: string,
  detail: Json,
  retryAfterMs: number | undefined,
): ExecutorFailure {
  const reason = statusText === "" ? "" : ` (${statusText.slice(0, 80)})`;
  return {
    status: "failed",
    ...classify(status),
    message: `${connection} answered ${status}${reason}.`,
    detail,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
