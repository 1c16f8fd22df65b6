import { parseJson, type ErrorClass, type FailureEffect, type Json } from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";
import { REFUSED_ADDRESS } from "@mcp-flowgate/outbound";
import type { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { isProtocolError, isSdkError, isSdkHttpError, isUnauthorizedError } from "./sdk.ts";

/** Why a request to a server gave no result. */
export interface McpFailure {
  readonly effect: FailureEffect;
  readonly errorClass: ErrorClass;
  /** One sentence that names the connection and holds no secret. */
  readonly message: string;
  /** The JSON-RPC error or the HTTP status, bounded. */
  readonly detail?: Json;
  readonly retryAfterMs?: number;
}

/**
 * The code of the error that stands for an answer that will not come; far outside of what servers use.
 */
export const ANSWER_LOST: number = 2 ** 40;

/** An error that already knows how it is classed. */
export class McpConnectionError extends Error {
  override readonly name = "McpConnectionError";
  readonly failure: McpFailure;

  constructor(failure: McpFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function notSent(message: string, errorClass: ErrorClass = "connection_error"): McpFailure {
  return { effect: "not_sent", errorClass, message };
}

/**
 * What a thrown error says about the effect of a request that was handed to the transport.
 *
 * @param aborted Whether the request's own signal aborted.
 */
export function toFailure(thrown: unknown, connection: string, aborted: boolean): McpFailure {
  if (thrown instanceof McpConnectionError) return thrown.failure;
  const code = toNetworkCode(thrown);
  if (code === REFUSED_ADDRESS) {
    const message = `${connection} was not called: its host, or the address that it leads to, may not be dialled.`;
    return { ...notSent(message, "permanent"), detail: { code } };
  }
  if (isProtocolError(thrown) && thrown.code !== ANSWER_LOST) return toProtocolFailure(thrown, connection);
  if (isSdkHttpError(thrown)) return toHttpFailure(thrown, connection);
  if (isUnauthorizedError(thrown)) {
    return { ...notSent(`${connection} refused the credentials.`, "permanent"), detail: { status: 401 } };
  }
  if (aborted)
    return { effect: "unknown", errorClass: "timeout", message: `${connection} did not answer in time.` };
  if (isSdkError(thrown)) return toSdkFailure(thrown, connection);
  if (code !== undefined && NEVER_CONNECTED.has(code)) {
    return { ...notSent(`${connection} could not be reached.`), detail: { code } };
  }
  return {
    effect: "unknown",
    errorClass: "connection_error",
    message: `The connection to ${connection} was lost before it answered.`,
    ...(code === undefined ? {} : { detail: { code } }),
  };
}

/** What an error says that came before any request could be sent. */
export function toStartFailure(thrown: unknown, connection: string): McpFailure {
  if (thrown instanceof McpConnectionError) return thrown.failure;
  const code = toNetworkCode(thrown);
  if (code === "ENOENT") return notSent(`The command of ${connection} was not found.`);
  if (code === "EACCES") return notSent(`The command of ${connection} may not be executed.`);
  const failure = toFailure(thrown, connection, false);
  const message =
    failure.effect === "unknown" ? `${connection} did not complete the handshake.` : failure.message;
  return { ...failure, message, effect: "not_sent" };
}

/** Errors that end before a byte of a request is written (Node's and undici's codes). */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_HAS_EXPIRED",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/** The code of the system's error below a `TypeError: fetch failed`, wherever in the chain it is. */
export function toNetworkCode(thrown: unknown): string | undefined {
  let error = thrown;
  for (let depth = 0; error instanceof Error && depth < 5; depth++) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code === "string" && !isSdkError(error)) return code;
    if (error instanceof AggregateError) {
      const inner = toNetworkCode(error.errors[0]);
      if (inner !== undefined) return inner;
    }
    error = toCause(error);
  }
  return undefined;
}

/** The SDK keeps the cause of an error of its own in `data`. */
function toCause(error: Error): unknown {
  const data: unknown = isSdkError(error) ? error.data : undefined;
  return error.cause ?? (isJsonObject(data) ? data["cause"] : undefined);
}

/** The server answered with a JSON-RPC error: whatever it means, it is a definite answer. */
function toProtocolFailure(error: ProtocolError, connection: string): McpFailure {
  return {
    effect: "failed",
    errorClass: classifyCode(error.code),
    message: `${connection} answered with error ${error.code}: ${clip(error.message, 400)}`,
    detail: { code: error.code, message: clip(error.message, 2000), ...toBoundedData(error.data) },
  };
}

/**
 * JSON-RPC 2.0, section 5.1, and the codes of MCP. Internal errors and the server's own range may pass; everything
 * else is about the request, and the same request would meet it again.
 */
function classifyCode(code: number): ErrorClass {
  if (code === -32603) return "transient_error";
  if (code === -32002 || (code <= -32020 && code >= -32042)) return "permanent";
  if (code <= -32000 && code >= -32099) return "transient_error";
  return code === 429 ? "rate_limited" : "permanent";
}

function toHttpFailure(error: SdkHttpError, connection: string): McpFailure {
  const { status } = error;
  const rest = { message: `${connection} answered ${status}.`, detail: { status } };
  if (status === 408) return { effect: "failed", errorClass: "timeout", ...rest };
  if (status === 429) return { effect: "failed", errorClass: "rate_limited", ...rest };
  if (status === 504) return { effect: "unknown", errorClass: "timeout", ...rest };
  if (status === 502) return { effect: "unknown", errorClass: "transient_error", ...rest };
  return { effect: "failed", errorClass: status >= 500 ? "transient_error" : "permanent", ...rest };
}

function toSdkFailure(error: SdkError, connection: string): McpFailure {
  switch (error.code as `${SdkErrorCode}`) {
    case "REQUEST_TIMEOUT":
      return { effect: "unknown", errorClass: "timeout", message: `${connection} did not answer in time.` };
    case "NOT_CONNECTED":
    case "SEND_FAILED":
      return notSent(`${connection} could not be reached.`);
    case "UNSUPPORTED_RESULT_TYPE":
      return {
        effect: "failed",
        errorClass: "permanent",
        message: `${connection} asks for input that cannot be given here.`,
      };
    case "INVALID_RESULT":
    case "CLIENT_HTTP_UNEXPECTED_CONTENT":
      return {
        effect: "unknown",
        errorClass: "permanent",
        message: `${connection} gave an answer that is not valid.`,
      };
    case "ERA_NEGOTIATION_FAILED":
      // The question got no answer at all, rather than one that is not understood.
      if (toCause(error) instanceof Error) return notSent(`${connection} could not be reached.`);
      return notSent(`${connection} speaks no version of the protocol that is known here.`, "permanent");
    case "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION":
      return notSent(`${connection} speaks no version of the protocol that is known here.`, "permanent");
    default:
      return {
        effect: "unknown",
        errorClass: "connection_error",
        message: `The connection to ${connection} was lost before it answered.`,
      };
  }
}

function toBoundedData(data: unknown): { readonly data?: Json } {
  if (data === undefined) return {};
  const text = JSON.stringify(data) ?? "null";
  return { data: text.length > 4000 ? text.slice(0, 4000) : (parseJson(text) as Json) };
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
