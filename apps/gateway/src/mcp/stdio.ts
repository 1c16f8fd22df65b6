import type { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { parseJson, type Log } from "@mcp-flowgate/core";
import { findJsonFault, idOf } from "../host/json-fault.ts";
import { createBoundedLines } from "./bounded-lines.ts";

export interface StdioServing {
  /** Resolves when the client has gone. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Speaks MCP on standard input and output, which from here on carry nothing else. */
export function serveMcpOverStdio(options: {
  readonly factory: () => Server;
  /** Calls its argument when what is offered has changed. */
  readonly onCatalogueChange?: (listener: () => void) => () => void;
  readonly maxMessageBytes: number;
  readonly log: Log;
}): StdioServing {
  const { log, maxMessageBytes } = options;
  const lines = createBoundedLines(
    maxMessageBytes,
    (head) => {
      log.warn("a message of the client is too long and was dropped", { maxBytes: maxMessageBytes });
      process.stdout.write(`${JSON.stringify(tooLong(head, maxMessageBytes))}\n`);
    },
    (line) => {
      const answer = refuse(line);
      if (answer === undefined) return true;
      process.stdout.write(`${JSON.stringify(answer)}\n`);
      return false;
    },
  );
  process.stdin.pipe(lines);
  // Lines are bounded already; the transport's own bound must not end the connection over two of them in one read.
  const transport = new StdioServerTransport(lines, process.stdout, { maxBufferSize: maxMessageBytes * 2 });
  /** One serves the connection; others only answered what eras there are, and are connected to nobody. */
  const servers: Server[] = [];
  const leave = options.onCatalogueChange?.(() => {
    for (const server of servers) server.sendToolListChanged().catch(() => undefined);
  });
  const factory = (): Server => {
    const server = options.factory();
    servers.push(server);
    return server;
  };
  const handle = serveStdio(factory, {
    transport,
    onerror: (error) => log.warn("the client sent something that is not MCP", { error: error.message }),
  });
  const closed = new Promise<void>((resolve) => {
    lines.once("end", resolve);
    lines.once("close", resolve);
    const { onclose } = transport;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the transport is no event target
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
  });
  return {
    closed,
    async close() {
      leave?.();
      await handle.close();
    },
  };
}

/** JSON-RPC's answer to a message that says more than its value would; undefined for every other, and for what is no JSON. */
function refuse(line: Buffer): object | undefined {
  const text = line.toString("utf8");
  try {
    const message: unknown = parseJson(text);
    const fault = findJsonFault(text);
    if (fault === undefined) return undefined;
    return {
      jsonrpc: "2.0",
      id: idOf(message),
      error: { code: -32_600, message: `Invalid request: ${fault}.` },
    };
  } catch {
    return undefined;
  }
}

/** JSON-RPC's answer to a request that was not read to its end, to the id that its beginning shows. */
function tooLong(head: string, maxBytes: number): object {
  const id = /"id"\s*:\s*("(?:[^"\\]|\\.){0,100}"|-?\d{1,15})/.exec(head)?.[1];
  const message = `The message is longer than ${maxBytes} bytes (server.http.maxBodyBytes) and was not read.`;
  return {
    jsonrpc: "2.0",
    id: id === undefined ? null : (parseJson(id) as unknown),
    error: { code: -32_600, message },
  };
}
