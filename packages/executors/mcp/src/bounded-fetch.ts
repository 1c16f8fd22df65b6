import { setMaxListeners } from "node:events";
import type { FetchLike } from "@modelcontextprotocol/client";

const MAX_REDIRECTS = 3;
const NEW_LINE = 10;
const RETURN = 13;

/**
 * A fetch for transports: it leaves an origin by no redirect, follows only those that repeat the request as it is, and
 * ends a response whose body, or one event of it, is longer than allowed.
 */
export function createBoundedFetch(fetch: FetchLike, maxMessageBytes: number): FetchLike {
  return async (url, init) => {
    // The transport's own signal goes with every request of a session.
    if (init?.signal != null) setMaxListeners(0, init.signal);
    let target = new URL(url);
    for (let hop = 0; ; hop++) {
      const response = await fetch(target, { ...init, redirect: "manual" });
      const next = hop < MAX_REDIRECTS ? toNext(response, target) : undefined;
      if (next === undefined) return bound(response, maxMessageBytes);
      await response.body?.cancel();
      target = next;
    }
  };
}

function toNext(response: Response, from: URL): URL | undefined {
  const location = response.headers.get("location");
  if ((response.status !== 307 && response.status !== 308) || location === null) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const next = new URL(location, from);
  return next.origin === from.origin ? next : undefined;
}

function bound(response: Response, maxBytes: number): Response {
  if (response.body === null) return response;
  const isStream = response.headers.get("content-type")?.includes("text/event-stream") === true;
  const length = response.headers.get("content-length");
  if (!isStream && length !== null && Number(length) <= maxBytes) return response;
  const body = response.body.pipeThrough(isStream ? limitEvents(maxBytes) : limitBytes(maxBytes));
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}

function limitBytes(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new Error("The server sent a message that is too large."));
      else controller.enqueue(chunk);
    },
  });
}

/** An event ends with an empty line; its bytes are counted from the end of the one before. */
function limitEvents(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let lineIsEmpty = true;
  return new TransformStream({
    transform(chunk, controller) {
      let start = 0;
      for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, start)) {
        const length = end - start;
        lineIsEmpty &&= length === 0 || (length === 1 && chunk[start] === RETURN);
        bytes = lineIsEmpty ? 0 : bytes + length + 1;
        lineIsEmpty = true;
        start = end + 1;
      }
      bytes += chunk.length - start;
      if (start < chunk.length) lineIsEmpty = false;
      if (bytes > maxBytes) controller.error(new Error("The server sent a message that is too large."));
      else controller.enqueue(chunk);
    },
  });
}
