import type { AuditTrail } from "@mcp-flowgate/audit";
import type { Executor, ExecutorKind, WorkflowStore } from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import type { OutboundFetch } from "@mcp-flowgate/outbound";
import type { Engine } from "@mcp-flowgate/workflow-engine";
import type { Replicas } from "./cluster/open-cluster.ts";
import type { SemanticSearch } from "./discovery/semantic-search.ts";
import type { Usage } from "./discovery/usage.ts";
import type { Live } from "./reload/live.ts";
import type { Reloader } from "./reload/reloader.ts";
import type { Journal } from "./store/journal.ts";
import type { Surface } from "./surface/surface.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** What takes work first, what carries it last: nothing is closed under something that may still use it. */
export async function closeAll(parts: {
  readonly surface: Surface;
  readonly reloader: Reloader;
  readonly replicas: Replicas;
  readonly live: Live;
  readonly semantic: SemanticSearch | undefined;
  readonly usage: Usage | undefined;
  readonly engine: Engine;
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  readonly connections: McpConnections;
  readonly journal: Journal;
  readonly store: WorkflowStore;
  readonly trail: AuditTrail;
  readonly telemetry: Telemetry;
  readonly outbound: OutboundFetch;
}): Promise<void> {
  await parts.reloader.stop();
  parts.live.current().importer.stop();
  await parts.surface.drain();
  await parts.semantic?.close();
  await parts.usage?.close();
  await parts.engine.close();
  for (const executor of parts.executors.values()) await executor.close?.();
  await parts.connections.close();
  await parts.replicas.stop();
  // What is committed after the last seal would reach the files only at the next start.
  await parts.journal.settled();
  await parts.trail.stopSealing();
  await parts.store.close();
  await parts.trail.close();
  await parts.telemetry.close();
  await parts.outbound.close();
}
