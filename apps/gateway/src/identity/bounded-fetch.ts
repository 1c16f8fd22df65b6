import { err, type Result } from "@mcp-flowgate/core";
import { readBounded, REFUSED_ADDRESS, type Fetch } from "@mcp-flowgate/outbound";

/**
 * The text of one small answer of an authorization server: no redirects, no more than `maxBytes`, no longer than
 * `timeoutMs` for all of it, from where `send` may dial. The error says what went wrong without quoting what was sent or received.
 */
export async function fetchBounded(
  send: Fetch,
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
    const response = await send(url, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return err(`it answered with status ${response.status}`);
    }
    return await readBounded(response, maxBytes);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const name = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : "error";
    if (name === REFUSED_ADDRESS) return err("its address may not be dialled, by the rules of server.egress");
    return err(
      name === "TimeoutError" ? `it did not answer within ${timeoutMs} ms` : `it cannot be asked (${name})`,
    );
  }
}
