import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Principal } from "@mcp-flowgate/core";
import type { EventFeed } from "../admin/event-feed.ts";
import { respondJson } from "./respond.ts";

/** What has been written and not been sent may not grow beyond this. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** Often enough that proxies take the stream for alive. */
const BEAT_MS = 15_000;

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function streamEvents(
  feed: EventFeed,
  request: IncomingMessage,
  response: ServerResponse,
  caller: Principal,
  clock: Clock,
): void {
  // Whoever reads to the end, such as a probe, would wait for ever.
  if (!/\btext\/event-stream\b/.test(request.headers.accept ?? ""))
    return respondJson(response, 406, { error: "This is a stream: say Accept: text/event-stream." });
  const leave = feed.listen(caller, {
    send(event, data) {
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      return response.writableLength < MAX_UNSENT_BYTES;
    },
    onRoom: (room) => void response.once("drain", room),
    end: () => void response.end(),
  });
  if (leave === undefined) {
    response.setHeader("retry-after", "5");
    return respondJson(response, 503, { error: "Too many streams are open." });
  }
  let beat: () => void = () => undefined;
  const next = (): void => {
    beat = clock.schedule(BEAT_MS, () => {
      if (response.writableLength < MAX_UNSENT_BYTES) response.write(":\n\n");
      next();
    });
  };
  next();
  response.once("close", () => {
    beat();
    leave();
  });
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    // nginx would hold events back otherwise.
    "x-accel-buffering": "no",
  });
  response.write("retry: 1000\n\n");
}
