import type { ExecutorFailure, ExecutorOutcome, HttpCall, Json } from "@mcp-flowgate/core";
import { toResponseBody } from "./body.ts";
import { toStatusFailure } from "./failure.ts";
import { toRetryAfterMs, toSafeHeaders } from "./headers.ts";
import type { Answer } from "./send.ts";

/** What came back, whatever its status. */
export type HttpAnswer = Extract<Answer, { kind: "answer" }>;

/** Characters of a body that go into a failure. */
const DETAIL_CHARS = 4000;

/**
 * What an answer says about the effect.
 *
 * @param connection Name of the connection, for messages. The URL is never in one: it may hold a key.
 * @param now Milliseconds since the epoch.
 */
export function toOutcome(
  call: HttpCall,
  connection: string,
  answer: HttpAnswer,
  now: number,
): ExecutorOutcome {
  const headers = toSafeHeaders(answer.headers);
  const success = answer.status >= 200 && answer.status < 300;
  if (!success) {
    return toStatusFailure(
      connection,
      answer.status,
      answer.statusText,
      { status: answer.status, headers, body: toDetailBody(answer) },
      toRetryAfterMs(answer.headers["retry-after"], now),
    );
  }
  if (answer.overflow) return toOverflow(call, connection, answer.status, headers);
  const output = { status: answer.status, headers, body: toResponseBody(answer.body, toContentType(answer)) };
  return {
    status: "succeeded",
    output,
    evidence: [
      {
        kind: "http_response",
        outcome: "success",
        summary: `${connection} answered ${answer.status}`,
        payload: output,
      },
    ],
  };
}

export function toRedirectFailure(connection: string, answer: HttpAnswer, why: string): ExecutorFailure {
  return {
    status: "failed",
    effect: "failed",
    errorClass: "permanent",
    message: `${connection} answered ${answer.status}: ${why}, which is not followed.`,
    detail: { status: answer.status },
  };
}

function toOverflow(call: HttpCall, connection: string, status: number, headers: Json): ExecutorFailure {
  const method = call.method.toUpperCase();
  const read = method === "GET" || method === "HEAD";
  return {
    status: "failed",
    // The server did what it was asked; only a read can be called a plain failure without its answer.
    effect: read ? "failed" : "unknown",
    errorClass: "permanent",
    message: `${connection} answered ${status} with more than ${call.maxResponseBytes} bytes.`,
    detail: { status, headers },
  };
}

function toDetailBody(answer: HttpAnswer): Json {
  const body = toResponseBody(answer.body.subarray(0, DETAIL_CHARS * 4), toContentType(answer));
  if (typeof body === "string") return body.slice(0, DETAIL_CHARS);
  const text = JSON.stringify(body);
  return text.length > DETAIL_CHARS ? text.slice(0, DETAIL_CHARS) : body;
}

function toContentType(answer: HttpAnswer): string | undefined {
  const value = answer.headers["content-type"];
  return typeof value === "string" ? value : undefined;
}
