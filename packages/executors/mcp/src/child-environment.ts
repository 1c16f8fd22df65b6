import type { McpStdioConnectionIr } from "@mcp-flowgate/core";
import { createRecord, getOwn } from "@mcp-flowgate/core";

export type HostEnvironment = { readonly [name: string]: string | undefined };

/** A child's variables: those on the connection's list, then those that the connection sets. Nothing else. */
export function toChildEnvironment(
  connection: McpStdioConnectionIr,
  hostEnv: HostEnvironment,
): Record<string, string> {
  const env = createRecord<string>();
  for (const name of connection.inheritEnv) {
    const value = getOwn(hostEnv, name);
    if (value !== undefined) env[name] = value;
  }
  return Object.assign(env, connection.env);
}
