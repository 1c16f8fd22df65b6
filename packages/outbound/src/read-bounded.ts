import type { Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";

/** The text of a response, as long as it is no larger than `maxBytes`; what comes after that is not read. */
export async function readBounded(response: Response, maxBytes: number): Promise<Result<string, string>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return err(`its answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return ok(Buffer.concat(chunks).toString("utf8"));
}
