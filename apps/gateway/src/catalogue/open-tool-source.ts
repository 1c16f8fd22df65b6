import type { GatewayPlan, Log } from "@mcp-flowgate/core";
import { createHttpExecutor } from "@mcp-flowgate/executor-http";
import { createMcpConnections, type McpConnections } from "@mcp-flowgate/executor-mcp";
import { createAddressPolicy, type AddressPolicy } from "@mcp-flowgate/outbound";
import { gatewayId } from "../federation/gateway-id.ts";
import { createGateways } from "../federation/gateways.ts";
import { systemClock } from "../host/clock.ts";
import { NAME, VERSION } from "../version.ts";
import { createToolSource, type ToolSource } from "./tool-source.ts";

/** What a plan's connections list, for a command that needs no gateway around it. */
export interface OpenToolSource {
  readonly addresses: AddressPolicy;
  readonly servers: McpConnections;
  readonly source: ToolSource;
  close(): Promise<void>;
}

export function openToolSource(plan: GatewayPlan, log: Log): OpenToolSource {
  const directory = {
    get: (name: string) => (Object.hasOwn(plan.connections, name) ? plan.connections[name] : undefined),
  };
  const addresses = createAddressPolicy({ egress: plan.server.egress });
  const servers = createMcpConnections({
    directory,
    addresses,
    hostEnv: process.env,
    log,
    clock: systemClock,
    clientInfo: { name: NAME, version: VERSION },
  });
  const http = createHttpExecutor({ connections: directory, log, addresses });
  const source = createToolSource(servers, http, {
    gateways: createGateways(servers, new Set(plan.imports.map(({ connection }) => connection))),
    ownId: gatewayId(plan),
  });
  return {
    addresses,
    servers,
    source,
    async close() {
      await servers.close();
      await http.close?.();
    },
  };
}
