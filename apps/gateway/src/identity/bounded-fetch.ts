import { err, ok, type Result } from "@mcp-flowgate/core";

/**
 * The text of one small answer of an authorization server: no redirects, no more than `maxBytes`, no longer than
 * `timeoutMs` for all of it. The error says what went wrong without quoting what was sent or received.
 */
export async function fetchBounded(
  url: string,
  options: {
    readonly timeoutMs: number;
    readonly maxBytes: number;
    readonly method?: "POST";
    readonly headers?: Record<string, string>;
    readonly body?: string;
  },
): Promise<Result<string, string>> {
  const { timeoutMs, maxBytes, ...init } = options;
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return err(`it answered with status ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) return err(`its answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return ok(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const name = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : "error";
    return err(
      name === "TimeoutError" ? `it did not answer within ${timeoutMs} ms` : `it cannot be asked (${name})`,
    );
  }
}
