import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { Log } from "@mcp-flowgate/core";
import { serveMcpOverStdio } from "../mcp/stdio.ts";
import { NAME, VERSION } from "../version.ts";
import { CommandError } from "./command-error.ts";

/** The largest message of a host that is passed on; the gateway behind has its own, usually smaller, limit. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * `serve --gateway URL`: a host that speaks only stdio reaches a gateway that runs elsewhere. Calls and their answers
 * pass through as they are, progress and cancellation with them; nothing is decided or kept here.
 */
export async function bridge(url: string, token: string | undefined, log: Log): Promise<void> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CommandError(
      `--gateway ${url} is not the URL of an endpoint, for example http://127.0.0.1:8787/mcp.`,
      2,
    );
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = new Client({ name: `${NAME}-bridge`, version: VERSION });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  } catch (error) {
    throw new CommandError(unreachable(url, error));
  }
  const serving = serveMcpOverStdio({
    factory: () => {
      const server = new Server(
        { name: NAME, version: VERSION },
        { capabilities: { tools: {} }, instructions: client.getInstructions() ?? "" },
      );
      server.setRequestHandler("tools/list", async () => ({
        tools: (await passedOn(url, client.listTools())).tools,
      }));
      server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        return passedOn(
          url,
          client.callTool(params, {
            signal: mcpReq.signal,
            ...(progressToken === undefined
              ? {}
              : {
                  onprogress: (progress) =>
                    void mcpReq
                      .notify({
                        method: "notifications/progress",
                        params: { ...progress, progressToken },
                      })
                      // A host that is gone does not get its progress.
                      .catch(() => undefined),
                }),
          }),
        );
      });
      return server;
    },
    maxMessageBytes: MAX_MESSAGE_BYTES,
    log,
  });
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await Promise.race([serving.closed, signalled]);
  await serving.close();
  await client.close();
}

/** A refusal of the gateway stays what it is; one that never came from there says so. */
async function passedOn<T>(url: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(ProtocolErrorCode.InternalError, unreachable(url, error));
  }
}

function unreachable(url: string, error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return `The gateway at ${url} could not be reached: ${why}`;
}
