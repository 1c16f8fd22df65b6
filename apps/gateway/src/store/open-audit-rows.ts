import { keepsRows, type SealedRows } from "@mcp-flowgate/audit";
import type { GatewayPlan, Log } from "@mcp-flowgate/core";
import { systemClock } from "../host/clock.ts";
import { systemDigest, systemIds } from "../host/ids.ts";
import { openDurable } from "./open-store.ts";

/** The audit records in the store of a configuration, opened beside the gateways that use it. */
export interface OpenAuditRows {
  readonly rows: SealedRows;
  /** What people call it. */
  readonly name: string;
  close(): Promise<void>;
}

/** @returns nothing where the configuration keeps none in its store. */
export async function openAuditRows(plan: GatewayPlan, log: Log): Promise<OpenAuditRows | undefined> {
  const { kind, path } = plan.store;
  if (kind === "memory" || !keepsRows(plan.audit, kind)) return undefined;
  const parts = { plan, clock: systemClock, ids: systemIds, digest: systemDigest, log };
  const opened = await openDurable(parts);
  if (opened === undefined) return undefined;
  const { store } = opened;
  return { rows: store, name: path ?? kind, close: () => store.close() };
}
