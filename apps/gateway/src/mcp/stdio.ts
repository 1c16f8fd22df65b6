import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import type { McpServerFactory } from "@modelcontextprotocol/server";
import type { Log } from "@mcp-flowgate/core";

export interface StdioServing {
  /** Resolves when the client has gone. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Speaks MCP on standard input and output, which from here on carry nothing else. */
export function serveMcpOverStdio(options: {
  readonly factory: McpServerFactory;
  readonly maxMessageBytes: number;
  readonly log: Log;
}): StdioServing {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: options.maxMessageBytes,
  });
  const handle = serveStdio(options.factory, {
    transport,
    onerror: (error) =>
      options.log.warn("the client sent something that is not MCP", { error: error.message }),
  });
  const closed = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("close", resolve);
  });
  return { closed, close: () => handle.close() };
}
