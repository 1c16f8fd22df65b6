import type { Bus, BusMessage, Clock, GatewayPlan, Ids, Log, OpenBusLink } from "@mcp-flowgate/core";

export interface LateBus extends Bus {
  /** Until then nothing is carried: a command that opens a store beside gateways needs no bus. */
  open(): Promise<void>;
}

/** One name for all: what a channel carries are hints, and whom they do not concern finds nothing to do. */
const CHANNEL = "mcp_flowgate_bus";

/** The bus that a configuration names, or nothing where it names none. Its client is loaded only where it is used. */
export function createBus(
  plan: Pick<GatewayPlan, "cluster" | "store">,
  parts: { readonly clock: Clock; readonly ids: Ids; readonly log: Log },
): LateBus | undefined {
  const { bus: kind } = plan.cluster;
  if (kind === "none") return undefined;
  const listeners = new Set<(message: BusMessage) => void>();
  let opened: Bus | undefined;
  let isClosed = false;
  return {
    async open() {
      const { createHintBus } = await import("@mcp-flowgate/bus");
      const open = await linkOf(plan);
      if (isClosed) return;
      opened = createHintBus({ kind, open, ...parts });
      opened.listen((message) => {
        for (const listener of listeners) listener(message);
      });
    },
    publish: (message) => opened?.publish(message),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    status: () => opened?.status() ?? { kind, up: false, problem: "it is being opened" },
    async close() {
      isClosed = true;
      await opened?.close();
    },
  };
}

async function linkOf({ cluster, store }: Pick<GatewayPlan, "cluster" | "store">): Promise<OpenBusLink> {
  const url = cluster.url ?? store.url ?? "";
  switch (cluster.bus) {
    case "redis":
      return (await import("@mcp-flowgate/bus")).createRedisLink(url, CHANNEL);
    case "nats":
      return (await import("@mcp-flowgate/bus")).createNatsLink(url, CHANNEL);
    default:
      return (await import("@mcp-flowgate/store-postgres")).createPostgresLink(url, CHANNEL);
  }
}
