import type { IncomingMessage } from "node:http";
import { err, ok, type Result } from "@mcp-flowgate/core";

export type BodyProblem = { readonly status: 413 | 400; readonly message: string };

/** The whole body as text, or why not. Reads no further than `maxBytes`. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Result<string, BodyProblem>> {
  const tooLarge = err<BodyProblem>({
    status: 413,
    message: `The body is larger than ${maxBytes} bytes (server.http.maxBodyBytes).`,
  });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return tooLarge;
      chunks.push(chunk);
    }
  } catch {
    return err({ status: 400, message: "The body ended before its announced length." });
  }
  return ok(Buffer.concat(chunks).toString("utf8"));
}
