import type { Json, Result } from "@mcp-flowgate/core";
import { createRecord, err, ok } from "@mcp-flowgate/core";

/** Names, in lower case, that belong to the connection itself and that no configuration may set. */
const FRAMING = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "expect",
]);

/** Names of response headers that may become output: none of them carries a credential or a cookie. */
const SAFE = new Set([
  "allow",
  "cache-control",
  "content-disposition",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "date",
  "deprecation",
  "etag",
  "expires",
  "idempotency-replayed",
  "last-modified",
  "link",
  "location",
  "request-id",
  "retry-after",
  "sunset",
  "vary",
  "x-correlation-id",
  "x-next-page",
  "x-page",
  "x-per-page",
  "x-request-id",
  "x-total",
  "x-total-count",
  "x-total-pages",
]);
const SAFE_PREFIXES = ["ratelimit", "x-ratelimit-", "x-rate-limit-"];

/**
 * Header fields of a request, names in lower case, later sources over earlier ones. The number of fields is the number
 * of distinct names: no value can add one.
 */
export function toRequestHeaders(
  ...sources: readonly { readonly [name: string]: string }[]
): Result<Record<string, string>, string> {
  const headers = createRecord<string>();
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) {
      const lower = name.toLowerCase();
      // The token of RFC 9110, section 5.6.2.
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower)) return err(`"${name}" is not the name of a header.`);
      if (FRAMING.has(lower)) return err(`The header ${lower} cannot be set.`);
      // Visible characters, spaces and tabs of Latin-1: what RFC 9110, section 5.5 allows in a value.
      if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) {
        return err(`The value of the header ${lower} holds a character that is not allowed in one.`);
      }
      headers[lower] = value;
    }
  }
  return ok(headers);
}

/** Those of a response that may be shown, names in lower case; repeated ones joined by a comma. */
export function toSafeHeaders(headers: {
  readonly [name: string]: string | readonly string[] | undefined;
}): Record<string, Json> {
  const safe = createRecord<Json>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined) continue;
    if (SAFE.has(lower) || SAFE_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
      safe[lower] = typeof value === "string" ? value : value.join(", ");
    }
  }
  return safe;
}

/** `Retry-After` in milliseconds from now: seconds or a date (RFC 9110, section 10.2.3). */
export function toRetryAfterMs(
  value: string | readonly string[] | undefined,
  now: number,
): number | undefined {
  const text = typeof value === "string" ? value.trim() : undefined;
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
