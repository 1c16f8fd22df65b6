import { hostname } from "node:os";
import type {
  Bus,
  Clock,
  Digest,
  GatewayPlan,
  JsonObject,
  Log,
  Result,
  SharedState,
} from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import type { Engine } from "@mcp-flowgate/workflow-engine";
import type { Live } from "../reload/live.ts";
import type { Reloaded, ReloadProblem, ReloadTrigger } from "../reload/reloader.ts";
import { VERSION } from "../version.ts";
import { createAgreement, type Agreement } from "./agreement.ts";
import { createCluster, type Cluster } from "./cluster.ts";
import type { LateBus } from "./open-bus.ts";
import { createServerControl, type ServerControl } from "./server-control.ts";

/** Everything by which the replicas on one store act as one. */
export interface Replicas {
  readonly cluster: Cluster;
  readonly agreement: Agreement;
  readonly servers: ServerControl;
  /** As it stands in `/stats`. */
  view(): JsonObject;
  /** What does not work and keeps nobody from being served. */
  degraded(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function openCluster(parts: {
  readonly plan: GatewayPlan;
  readonly group: string;
  readonly shared: SharedState;
  readonly bus: LateBus | undefined;
  readonly live: Live;
  readonly connections: McpConnections;
  readonly engine: () => Engine;
  readonly reload: (trigger: ReloadTrigger) => Promise<Result<Reloaded, ReloadProblem>>;
  readonly clock: Clock;
  readonly log: Log;
}): Replicas {
  const { bus, live, connections, clock, log } = parts;
  const hash = (): string => live.plan().hash;
  const cluster = createCluster({
    state: parts.shared,
    bus,
    group: parts.group,
    about() {
      const problem = agreement.problem();
      return {
        config: hash(),
        version: VERSION,
        host: hostname(),
        pid: process.pid,
        ...(problem === undefined ? {} : { problem }),
      };
    },
    clock,
    log,
  });
  const agreement = createAgreement({
    cluster,
    reload: parts.reload,
    hash,
    files: () => live.plan().files,
    clock,
    log,
  });
  const relist = (connection: string): void => live.current().importer.relist(connection);
  const servers = createServerControl({ cluster, connections, relist });
  if (bus !== undefined) {
    bus.listen((message) => {
      if (message.topic === "cancel") parts.engine().heed(message.workflowId);
      if (message.topic === "tools") relist(message.connection);
    });
    connections.onToolsChanged((connection) => bus.publish({ topic: "tools", connection }));
  }
  return {
    cluster,
    agreement,
    servers,
    view: () => ({
      replicas: cluster.replicas().map(({ replica, startedAt, isSelf, about = {} }) => {
        const { group: _, ...said } = about;
        return { replica, startedAt: new Date(startedAt).toISOString(), self: isSelf, ...said };
      }),
      ...(bus === undefined ? {} : { bus: toView(bus) }),
    }),
    degraded: () => (bus?.status().up === false ? ["bus"] : []),
    async start() {
      await bus?.open();
      await cluster.start();
    },
    async stop() {
      await cluster.stop();
      await bus?.close();
    },
  };
}

/** By which replicas of one configuration are told from other gateways on the same store. */
export function groupOf(plan: GatewayPlan, served: string, digest: Digest): string {
  // Gateways of one machine share a file while they serve different configurations; replicas have a database of their own.
  const parts = plan.store.kind === "sqlite" ? [served] : [plan.server.name ?? ""];
  return digest.sha256(JSON.stringify(parts)).slice(0, 16);
}

function toView(bus: Bus): JsonObject {
  const { kind, up, problem } = bus.status();
  return { kind, up, ...(problem === undefined ? {} : { problem }) };
}
