import type { Writable } from "node:stream";
import { emptyHead, linkEvents } from "../hash-chain.ts";
import type { Sink, SinkContext } from "./sink.ts";

/**
 * Writes lines to standard error or standard output. As durable as whoever reads them; a closed pipe is a failure.
 */
export function createStreamSink(context: SinkContext, kind: "stderr" | "stdout", stream: Writable): Sink {
  let head = emptyHead(context.stream);
  // Errors reach the callback of the write; without a listener they would also end the process.
  const ignore = (): void => {};
  stream.on("error", ignore);
  return {
    kind,
    write: (texts) => {
      const linked = linkEvents(head, texts, context.digest);
      head = linked.head;
      return new Promise((resolve, reject) => {
        stream.write(linked.lines.map(({ line }) => line).join(""), (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    },
    head: () => head,
    close: () => {
      stream.off("error", ignore);
      return Promise.resolve();
    },
  };
}
