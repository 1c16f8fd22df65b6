import { tryParseJson, type HttpCall, type Json, type Result } from "@mcp-flowgate/core";
import { err, isJsonObject, ok } from "@mcp-flowgate/core";

export interface RequestBody {
  readonly text: string;
  readonly contentType: string;
}

/** The body of a request in its format, `undefined` where there is none. */
export function toRequestBody(call: HttpCall): Result<RequestBody | undefined, string> {
  if (call.body === undefined) return ok(undefined);
  switch (call.bodyFormat) {
    case "json":
      return ok({ text: JSON.stringify(call.body), contentType: "application/json" });
    case "form":
      return toForm(call.body);
    case "text":
      return ok({
        text: typeof call.body === "string" ? call.body : JSON.stringify(call.body),
        contentType: "text/plain; charset=utf-8",
      });
  }
}

/**
 * The body of a response: the JSON value where the server says it is JSON and it is, text where it is text, null where
 * there is none, and `{ base64, mediaType }` for anything else.
 */
export function toResponseBody(bytes: Buffer, contentType: string | undefined): Json {
  if (bytes.length === 0) return null;
  const mediaType = (contentType ?? "").split(";", 1).join("").trim().toLowerCase();
  const text = toText(bytes, mediaType);
  if (text === undefined) return { base64: bytes.toString("base64"), mediaType };
  if (mediaType === "application/json" || mediaType.endsWith("+json")) {
    const value = tryParseJson(text);
    return value === undefined ? text : value;
  }
  return text;
}

function toForm(body: Json): Result<RequestBody, string> {
  if (!isJsonObject(body)) return err("A form body needs an object.");
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value as Json]) {
      if (item === null) continue;
      fields.append(name, typeof item === "object" ? JSON.stringify(item) : String(item));
    }
  }
  return ok({ text: fields.toString(), contentType: "application/x-www-form-urlencoded" });
}

function toText(bytes: Buffer, mediaType: string): string | undefined {
  const textual =
    mediaType === "" ||
    mediaType.startsWith("text/") ||
    /^application\/(?:(?:.*\+)?(?:json|xml|yaml)|javascript|x-www-form-urlencoded|x-ndjson|graphql|toml)$/.test(
      mediaType,
    );
  if (!textual) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: mediaType === "" }).decode(bytes);
  } catch {
    return undefined;
  }
}
