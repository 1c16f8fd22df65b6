import type { AuditDraft, AuditSink, Clock, GatewayPlan, Ids, Log } from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import type { Catalogue } from "./catalogue.ts";

/**
 * Brings the tools of downstream servers into the catalogue and keeps them true.
 *
 * Protocol: `start` lists every import's server at once, each on its own, and resolves when all have answered or
 * the patience for the start is over; a server that fails is tried again with growing waits; one that says its
 * list changed is listed again.
 * - I1 A server that is dead, slow or broken delays no other and never stops the gateway.
 * - I2 At most one listing per import runs; a change during one leads to exactly one more.
 */
export interface Importer {
  start(patienceMs: number): Promise<void>;
  /** The imports that have not been listed yet, with the reason of the last failure. */
  failing(): readonly { readonly connection: string; readonly reason: string }[];
  stop(): void;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export function createImporter(options: {
  readonly plan: GatewayPlan;
  readonly catalogue: Catalogue;
  readonly connections: McpConnections;
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): Importer {
  const { plan, catalogue, connections, clock, ids, log } = options;
  const stopping = new AbortController();
  const failures = new Map<number, string>();
  /** The ids that each import brought last, to tell a change from a repetition. */
  const known = new Map<number, string>();
  const running = new Set<number>();
  const again = new Set<number>();

  const record = async (type: AuditDraft["type"], payload: AuditDraft["payload"]): Promise<void> => {
    try {
      await options.audit.append([{ type, at: clock.now(), correlationId: ids.next("cor"), payload }]);
    } catch (error) {
      log.error("an import could not be recorded", {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };

  const retry = async (index: number, connection: string, reason: string, attempt: number): Promise<void> => {
    if (stopping.signal.aborted) return;
    failures.set(index, reason);
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + ids.random() / 2);
    log.warn(`connection "${connection}" cannot be listed; it is tried again`, {
      reason,
      inMs: Math.round(wait),
    });
    const cancel = clock.schedule(wait, () => void list(index, attempt + 1));
    stopping.signal.addEventListener("abort", cancel, { once: true });
    await record("capability.discovery_failed", { connection, reason });
  };

  const list = async (index: number, attempt: number): Promise<void> => {
    const from = plan.imports[index];
    if (from === undefined || stopping.signal.aborted) return;
    if (running.has(index)) {
      again.add(index);
      return;
    }
    running.add(index);
    try {
      const listed = await connections.listTools(from.connection, { signal: stopping.signal });
      if (!listed.ok) return await retry(index, from.connection, listed.error.message, attempt);
      const { imported, clashes } = catalogue.setListed(index, listed.value.tools);
      failures.delete(index);
      const changed = imported.join() !== known.get(index);
      known.set(index, imported.join());
      if (changed) log.info("tools imported", { connection: from.connection, tools: imported.length });
      for (const { tool, problem } of listed.value.problems)
        log.warn("a tool is left out", { connection: from.connection, tool, problem });
      for (const { id, tool, by } of clashes) {
        log.error(
          `tool "${tool}" of connection "${from.connection}" is left out: its name "${id}" is taken by ${by}. Give the import a prefix of its own.`,
        );
        await record("capability.blocked", {
          connection: from.connection,
          tool,
          id,
          reason: "name taken",
          by,
        });
      }
      if (changed)
        await record("capability.discovered", { connection: from.connection, count: imported.length });
    } finally {
      running.delete(index);
      if (again.delete(index)) void list(index, 0);
    }
  };

  const stopListening = connections.onToolsChanged((connection) => {
    for (const [index, from] of plan.imports.entries())
      if (from.connection === connection) void list(index, 0);
  });

  return {
    async start(patienceMs) {
      const all = Promise.all(plan.imports.map((_, index) => list(index, 0)));
      await Promise.race([all, new Promise<void>((resolve) => clock.schedule(patienceMs, resolve))]);
    },
    failing: () =>
      [...failures].map(([index, reason]) => ({ connection: plan.imports[index]?.connection ?? "", reason })),
    stop() {
      stopListening();
      stopping.abort();
    },
  };
}
