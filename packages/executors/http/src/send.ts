import type { Pool } from "undici";

export interface Request {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal;
}

export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly statusText: string;
      readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
      readonly body: Buffer;
      /** The body was longer than allowed and was not read to its end. */
      readonly overflow: boolean;
    }
  /** Not a byte of the request was written. */
  | { readonly kind: "not_sent"; readonly code: string }
  /** The request, or a part of it, was written; no whole answer came back. */
  | { readonly kind: "lost"; readonly code: string };

/** `code` of an answer whose request was aborted by its signal. */
export const ABORTED = "ABORTED";

/** Sends one request and reads its answer, bounded. Never rejects. */
export function send(pool: Pool, request: Request): Promise<Answer> {
  return new Promise((resolve) => {
    let started = false;
    let abort: ((reason: Error) => void) | undefined;
    let status = 0;
    let statusText = "";
    let headers: { readonly [name: string]: string | readonly string[] | undefined } = {};
    const chunks: Buffer[] = [];
    let bytes = 0;

    const settle = (answer: Answer): void => {
      request.signal.removeEventListener("abort", onAbort);
      resolve(answer);
    };
    const fail = (code: string): void => settle({ kind: started ? "lost" : "not_sent", code });
    const finish = (overflow: boolean): void =>
      settle({ kind: "answer", status, statusText, headers, body: Buffer.concat(chunks), overflow });
    const onAbort = (): void => {
      // A request that waits for a socket is not told of an abort: it is answered here, and refused at its start.
      fail(ABORTED);
      abort?.(new Error("aborted"));
    };
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) {
      onAbort();
      return;
    }

    try {
      pool.dispatch(
        {
          method: request.method,
          path: request.path,
          headers: request.headers,
          body: request.body ?? null,
          // Undici must not send a request again on its own: that is for the engine to decide.
          idempotent: false,
        },
        {
          onRequestStart(controller) {
            if (request.signal.aborted) {
              controller.abort(new Error("aborted"));
              return;
            }
            started = true;
            abort = (reason) => controller.abort(reason);
          },
          onResponseStart(_controller, statusCode, responseHeaders, statusMessage) {
            status = statusCode;
            statusText = statusMessage ?? "";
            headers = responseHeaders;
          },
          onResponseData(controller, chunk) {
            const left = request.maxResponseBytes - bytes;
            bytes += chunk.length;
            if (chunk.length <= left) {
              chunks.push(chunk);
              return;
            }
            chunks.push(chunk.subarray(0, Math.max(0, left)));
            finish(true);
            controller.abort(new Error("the response is too large"));
          },
          onResponseEnd: () => finish(false),
          onResponseError: (_controller, error) => fail(toCode(error)),
        },
      );
    } catch (thrown) {
      fail(toCode(thrown));
    }
  });
}

function toCode(thrown: unknown): string {
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  // Several addresses were tried: the first refusal stands for all.
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : undefined;
  return first === undefined ? "UNKNOWN" : toCode(first);
}
