import type { IncomingMessage } from "node:http";
import { err, ok, type Result } from "@mcp-flowgate/core";

export type BodyProblem = { readonly status: 413 | 400; readonly message: string };

/** The whole body as text, or why not. Reads no further than `maxBytes`. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Result<string, BodyProblem>> {
  const tooLarge = err<BodyProblem>({
    status: 413,
    message: `The body is larger than ${maxBytes} bytes (server.http.maxBodyBytes).`,
  });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve(tooLarge);
  // Most calls come in one packet with their headers, and nothing is left to wait for.
  if (request.complete && !request.destroyed) {
    const whole = (request.read() ?? NO_BYTES) as Buffer;
    return Promise.resolve(whole.length > maxBytes ? tooLarge : ok(whole.toString("utf8")));
  }
  // Listeners, because iterating over a stream costs more than all of the reading.
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      request.pause();
      resolve(tooLarge);
      // Once the refusal is on its way: the rest of the body is nothing to wait for.
      setImmediate(() => request.destroy());
    });
    request.once("end", () =>
      resolve(ok((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString("utf8"))),
    );
    const endEarly = (): void =>
      resolve(err({ status: 400, message: "The body ended before its announced length." }));
    request.once("error", endEarly);
    request.once("close", endEarly);
  });
}

const NO_BYTES = Buffer.alloc(0);
