import type { CapabilityIr, ExecutorIr, GatewayPlan } from "@mcp-flowgate/core";
import { nearest } from "@mcp-flowgate/json-schema";
import { CommandError } from "./command-error.ts";

/**
 * The plan with one server's tools and capabilities alone, for a host that should see no more. Guards stay: nothing is
 * shown that the whole configuration does not show. Connections stay too, because this gateway may have to finish what
 * another one on the same store has begun.
 */
export function onlyServer(plan: GatewayPlan, server: string): GatewayPlan {
  if (!Object.hasOwn(plan.connections, server)) {
    const names = Object.keys(plan.connections);
    const meant = nearest(server, names);
    throw new CommandError(
      `There is no connection "${server}"${
        meant === undefined ? `; there are ${names.join(", ") || "none"}` : `; did you mean "${meant}"?`
      }.`,
      2,
    );
  }
  const imports = plan.imports.filter(({ connection }) => connection === server);
  const exposed = plan.exposed.filter((id) => {
    const capability = plan.capabilities[id];
    return capability !== undefined && uses(capability, server);
  });
  if (imports.length === 0 && exposed.length === 0)
    throw new CommandError(
      `Nothing of the connection "${server}" is shown to callers: add it to proxy.import, or expose a capability that uses it.`,
    );
  return { ...plan, imports, exposed, workflows: {}, discovery: { ...plan.discovery, include: ["proxy"] } };
}

function uses(capability: CapabilityIr, server: string): boolean {
  const executor: ExecutorIr | undefined = capability.executor;
  return executor !== undefined && "connection" in executor && executor.connection === server;
}
