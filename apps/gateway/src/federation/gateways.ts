import { isJsonObject, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import type { ListedTool } from "@mcp-flowgate/config-compiler";
import type { McpFailure, McpServers } from "@mcp-flowgate/executor-mcp";
import { TOOL_NAMES, type ToolName } from "../surface/tools.ts";

/**
 * Which connections lead to another gateway, and how its seven tools are called there.
 *
 * A server is a gateway when it lists exactly the seven tools, under their dotted or their underscored names. Nothing
 * has to be configured, and the seven tools themselves are never imported.
 */
export interface Gateways {
  /** Notes what a connection lists; answers whether it is a gateway. */
  recognise(connection: string, tools: readonly ListedTool[]): boolean;
  /** Whether a connection leads to a gateway; one that was not listed yet is listed. */
  isGateway(connection: string, signal: AbortSignal): Promise<boolean>;
  /** Knows of a connection what another one knows, where that is anything. */
  takeOver(from: Gateways, connection: string): void;
  /** How the seven tools are called at a gateway, null for a server that is none; undefined where that is not known. */
  known(connection: string): ToWire | null | undefined;
  /** Calls one of the seven tools and gives its body. */
  call(
    connection: string,
    tool: ToolName,
    args: JsonObject,
    options: GatewayCallOptions,
  ): Promise<Result<JsonObject, McpFailure>>;
}

export type GatewayCallOptions = Pick<
  Parameters<McpServers["call"]>[1],
  "signal" | "credentials" | "onProgress" | "asSelf"
> & { readonly meta?: JsonObject };

/** In the metadata of a `workflow.submit`: cancels the instance instead. Its value is the reason. */
export const CANCEL_META = "mcp-flowgate/cancel";

type ToWire = (name: ToolName) => string;

/** @param imported Connections with an import; others are never asked. */
export function createGateways(connections: McpServers, imported: ReadonlySet<string>): Gateways {
  const wireNames = new Map<string, ToWire | null>();
  const recognise: Gateways["recognise"] = (connection, tools) => {
    const names = new Set(tools.map(({ name }) => name));
    const styles = [(name: string) => name, (name: string) => name.replace(".", "_")];
    const style = styles.find(
      (toWire) => names.size === TOOL_NAMES.length && TOOL_NAMES.every((name) => names.has(toWire(name))),
    );
    wireNames.set(connection, style ?? null);
    return style !== undefined;
  };
  return {
    recognise,
    known: (connection) => wireNames.get(connection),
    takeOver(from, connection) {
      const known = from.known(connection);
      if (known !== undefined) wireNames.set(connection, known);
    },
    async isGateway(connection, signal) {
      if (imported.has(connection) && !wireNames.has(connection)) {
        const listed = await connections.listTools(connection, { signal });
        if (listed.ok) recognise(connection, listed.value.tools);
      }
      return (wireNames.get(connection) ?? null) !== null;
    },
    async call(connection, tool, args, options) {
      const toWire = wireNames.get(connection) ?? ((name: string) => name);
      const result = await connections.call(connection, {
        meta: {},
        ...options,
        tool: toWire(tool),
        arguments: args,
      });
      if (!result.ok) return result;
      const body: Json | undefined = result.value["structuredContent"];
      if (isJsonObject(body)) return { ok: true, value: body };
      const message = `${connection} answered ${tool} with nothing that a gateway answers.`;
      return { ok: false, error: { effect: "unknown", errorClass: "permanent", message } };
    },
  };
}

/** What a gateway's home page says of its catalogue: equal as long as nothing that it shows changed. */
export function homeMark({ gateway, counts, topics }: JsonObject): string {
  return JSON.stringify([gateway ?? null, counts ?? null, topics ?? null]);
}
