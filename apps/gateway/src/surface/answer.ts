import type { CallerCredentials, ErrorCode, Json, JsonObject, Principal } from "@mcp-flowgate/core";

/** What one call of a tool returns, before a transport wraps it. */
export interface Answer {
  readonly body: JsonObject;
  /** A body as compact JSON, where measuring it has made that already: read it by {@link textOf}. */
  readonly written?: { readonly body: JsonObject; readonly text: string };
  readonly isError: boolean;
  /** Images and the like that a downstream tool returned and `body` does not carry. */
  readonly content?: readonly JsonObject[];
}

/** Who calls, and how to reach them while the call runs. */
export interface Caller {
  readonly principal: Principal;
  /** For connections that pass them on. */
  readonly credentials?: CallerCredentials;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** A gateway that asked for an instance on behalf of somebody else wants it ended, with this reason. */
  readonly cancels?: string;
  /** Aborted when nobody waits for the answer any more. Made for those few who ask. */
  readonly signal: () => AbortSignal;
  readonly onProgress?: (progress: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  }) => void;
}

/** The body as compact JSON. What was written of another body, as of one before values in it were hidden, is not it. */
export function textOf({ body, written }: Answer): string {
  return written?.body === body ? written.text : JSON.stringify(body);
}

export function answer(body: JsonObject): Answer {
  return { body, isError: false };
}

/** A refusal of a call that concerns no workflow: the model can mend it. */
export function refusal(
  code: ErrorCode,
  message: string,
  details: readonly Json[] = [],
  links: readonly JsonObject[] = [],
): Answer {
  return {
    body: {
      result: { status: code === "INTERNAL" ? "failed" : "rejected", message },
      links,
      error: { code, message, ...(details.length > 0 ? { details } : {}) },
    },
    isError: true,
  };
}

export const HOME_LINK: JsonObject = Object.freeze({
  rel: "home",
  method: "gateway.home",
  args: Object.freeze({}),
});

export function searchLink(query: string): JsonObject {
  return { rel: "search", method: "gateway.search", args: { query } };
}
