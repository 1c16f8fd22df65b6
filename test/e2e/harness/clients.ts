import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { JsonObject } from "@mcp-flowgate/core";
import { gatewayBin } from "./gateway-process.ts";

/** What a test needs of any client: the seven tools and their answers. */
export interface TestClient {
  readonly label: string;
  listTools(): Promise<readonly { readonly name: string }[]>;
  call(
    name: string,
    args?: JsonObject,
    options?: {
      readonly onProgress?: (message: string | undefined) => void;
      /** What the call carries beside its arguments. */
      readonly meta?: JsonObject;
    },
  ): Promise<ToolAnswer>;
  close(): Promise<void>;
}

export interface ToolAnswer {
  readonly body: any;
  readonly isError: boolean;
  readonly content: readonly any[];
}

export const ERAS = ["2026-07-28", "2025-11-25"] as const;

/** Where a client finds the gateway. */
export type Target =
  | { readonly url: string; readonly headers?: Record<string, string> }
  | {
      /** Left out, `args` are the whole command line. */
      readonly config?: string;
      readonly env?: Record<string, string>;
      readonly args?: readonly string[];
      /** Another program than the built one. */
      readonly program?: string;
    };

/** The current SDK's client, pinned to one era. */
export async function connectClient(target: Target, era: (typeof ERAS)[number]): Promise<TestClient> {
  const client = new Client(
    { name: "e2e", version: "1.0.0" },
    { versionNegotiation: { mode: era === "2026-07-28" ? { pin: era } : "legacy" } },
  );
  const transport =
    "url" in target
      ? new StreamableHTTPClientTransport(new URL(target.url), {
          requestInit: { headers: target.headers ?? {} },
        })
      : new StdioClientTransport({
          command: process.execPath,
          args: stdioArgs(target),
          env: childEnvironment(target.env),
          stderr: "pipe",
        });
  await client.connect(transport);
  return {
    label: `SDK client, ${era}`,
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, options) => {
      const onprogress = options?.onProgress;
      const result = await client.callTool(
        { name, arguments: args, ...(options?.meta === undefined ? {} : { _meta: { ...options.meta } }) },
        onprogress === undefined ? {} : { onprogress: (update) => onprogress(update.message) },
      );
      return { body: result.structuredContent, isError: result.isError === true, content: result.content };
    },
    close: () => client.close(),
  };
}

/** The maintenance line of the SDK, as clients in the field still use it. */
export async function connectLegacyClient(target: Target): Promise<TestClient> {
  const client = new LegacyClient({ name: "e2e-legacy", version: "1.0.0" });
  const transport =
    "url" in target
      ? new LegacyHttp(new URL(target.url), { requestInit: { headers: target.headers ?? {} } })
      : new LegacyStdio({
          command: process.execPath,
          args: stdioArgs(target),
          env: childEnvironment(target.env),
          stderr: "pipe",
        });
  await client.connect(transport as never);
  return {
    label: "SDK 1.x client",
    listTools: async () => (await client.listTools()).tools,
    call: async (name, args = {}) => {
      const result = await client.callTool({ name, arguments: args as Record<string, unknown> });
      return {
        body: result.structuredContent,
        isError: result.isError === true,
        content: result.content as any[],
      };
    },
    close: () => client.close(),
  };
}

/** Every client that must work, by name. */
export const CLIENTS: readonly (readonly [
  label: string,
  connect: (target: Target) => Promise<TestClient>,
])[] = [
  ["SDK client, 2026-07-28", (target) => connectClient(target, "2026-07-28")],
  ["SDK client, 2025-11-25", (target) => connectClient(target, "2025-11-25")],
  ["SDK 1.x client", connectLegacyClient],
];

function stdioArgs(target: {
  readonly config?: string;
  readonly args?: readonly string[];
  readonly program?: string;
}): string[] {
  const serve = target.config === undefined ? [] : ["serve", "-c", target.config, "--transport", "stdio"];
  return [target.program ?? gatewayBin, ...serve, ...(target.args ?? [])];
}

function childEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(kept), ...extra };
}
