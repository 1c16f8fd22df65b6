import { existsSync } from "node:fs";
import {
  queryRows,
  readExportedHeads,
  queryTrail,
  readRows,
  readTrail,
  verifyRows,
  verifyTrail,
  storeHeadsPath,
  type AuditRecord,
  type ExportedHead,
  type RecordFilter,
  type TrailVerdict,
} from "@mcp-flowgate/audit";
import type { GatewayPlan, Page } from "@mcp-flowgate/core";
import { createLog } from "../host/log.ts";
import { openAuditRows } from "../store/open-audit-rows.ts";
import { CommandError } from "./command-error.ts";
import { configFiles, loadPlan } from "./load.ts";

/** Which trail a command is about. */
export interface TrailSource {
  readonly config?: readonly string[];
  /** The trail itself, instead of the one that a configuration names. */
  readonly path?: string;
  /** The records in the store, where the configuration has a file as well. */
  readonly store?: boolean;
}

/** A trail in files or in a store, read in the same way. */
export interface OpenTrail {
  readonly name: string;
  verify(publicKeys: readonly string[]): Promise<TrailVerdict>;
  query(
    query: RecordFilter & { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<AuditRecord>>;
  read(filter: RecordFilter): AsyncIterable<AuditRecord>;
}

/** Opens the trail that `source` means: the file that is named, the configuration's file, else its store. */
export async function withTrail<T>(source: TrailSource, use: (trail: OpenTrail) => Promise<T>): Promise<T> {
  if (source.path !== undefined) return use(openFile(source.path));
  const files = configFiles(source.config);
  const plan = await loadPlan(files);
  const path = plan.audit.sinks.find(({ kind }) => kind === "file")?.path;
  if (path !== undefined && source.store !== true) return use(openFile(path));
  const opened = await openAuditRows(plan, createLog({ level: "warn", format: "text" }));
  if (opened === undefined) {
    throw new CommandError(
      source.store === true
        ? `${files.join(", ")} keeps no audit records in its store: store.kind sqlite or postgres with an audit sink of that kind does.`
        : `${files.join(", ")} has no audit sink of kind file, nor one in its store; name a trail with --path FILE.`,
    );
  }
  const { rows, name } = opened;
  try {
    return await use({
      name,
      verify: async (publicKeys) => verifyRows(rows, { name, publicKeys, heads: await headsOf(plan) }),
      query: (query) => queryRows(rows, query),
      read: (filter) => readRows(rows, filter),
    });
  } finally {
    await opened.close();
  }
}

/** The heads that gateways of this configuration exported, where they are at hand. */
async function headsOf({ audit, store }: GatewayPlan): Promise<readonly ExportedHead[]> {
  const path = storeHeadsPath(audit, store.kind === "sqlite" ? store.path : undefined);
  return path !== undefined && existsSync(path) ? await readExportedHeads(path) : [];
}

function openFile(path: string): OpenTrail {
  if (!existsSync(path))
    throw new CommandError(`There is no audit trail at ${path}; nothing has been recorded there yet.`);
  return {
    name: path,
    verify: (publicKeys) => verifyTrail({ path, ...(publicKeys.length === 0 ? {} : { publicKeys }) }),
    query: (query) => queryTrail({ path, ...query }),
    read: (filter) => readTrail({ path, ...filter }),
  };
}
