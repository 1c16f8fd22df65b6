import { createStoreChain, type AuditTrail } from "@mcp-flowgate/audit";
import type { AuditSink, Clock, Digest, GatewayPlan, Ids, Log, WorkflowStore } from "@mcp-flowgate/core";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import { CommandError } from "../commands/command-error.ts";
import { refuseWithoutAudit } from "./refuse-without-audit.ts";

export interface StoreParts {
  readonly plan: GatewayPlan;
  readonly trail: AuditTrail;
  /** The trail, or what stands in front of it. */
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly log: Log;
}

/** The kinds of audit sink that a store keeps itself, in the transaction of what they record. */
export function sinksOfStore(plan: GatewayPlan): readonly "sqlite"[] {
  return plan.store.kind === "sqlite" ? ["sqlite"] : [];
}

/** The store that a configuration names. A native module is loaded only where it is used. */
export async function openStore(parts: StoreParts): Promise<WorkflowStore> {
  const { plan, audit, clock } = parts;
  switch (plan.store.kind) {
    case "memory":
      return createMemoryStore({ clock, audit });
    case "sqlite": {
      const { createSqliteStore } = await import("@mcp-flowgate/store-sqlite");
      const { ids, digest, log } = parts;
      const store = await createSqliteStore({
        path: plan.store.path as string,
        clock,
        ids,
        digest,
        log,
        leaseMs: plan.store.leaseMs,
        retention: plan.store.retention,
        auditChain: await createStoreChain(plan.audit, "sqlite", { ids, digest, secrets: plan.secrets }),
        forward: audit,
      });
      return refuseWithoutAudit(store, parts.trail);
    }
    case "postgres":
      throw new CommandError(
        "store.kind: postgres is not available in this version; sqlite keeps workflows in one file, which several gateways of a machine may share.",
      );
    default:
      return plan.store.kind satisfies never;
  }
}
