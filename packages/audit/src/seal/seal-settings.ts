import type { AuditIr, AuditSinkKind, Clock, SealPurge } from "@mcp-flowgate/core";
import { loadSigningKey } from "../signing-key.ts";
import type { SigningKey } from "../signing-key.ts";
import { makePurge } from "./checkpoint.ts";

/** Whether a durable store keeps the events of such a sink until it has them: see `sealer.ts`. */
export function isSealed(kind: AuditSinkKind): boolean {
  return kind === "file" || kind === "webhook" || kind === "otlp";
}

/** Whether a store of that kind keeps records for this configuration. */
export function keepsRows(ir: AuditIr, store: AuditSinkKind): boolean {
  return ir.sinks.some(({ kind }) => kind === store || isSealed(kind));
}

/** What the checkpoints of a store are signed with, and where their heads go. */
export interface SealSettings {
  readonly key: SigningKey | undefined;
  readonly headsPath: string | undefined;
  readonly checkpointMs: number;
}

/**
 * The key is the one of the configuration, else the one beside a trail in a file, else one beside the store's own file,
 * and is made where it is missing. A store that is no file has none of its own.
 * @param storePath the store's file, where it is one.
 */
export async function readSealSettings(ir: AuditIr, storePath: string | undefined): Promise<SealSettings> {
  const beside = ir.sinks.find(({ kind }) => kind === "file")?.path ?? storePath;
  const keyPath = ir.signingKeyFile ?? (beside === undefined ? undefined : `${beside}.key`);
  const own = ir.sinks.find(({ kind }) => kind === "sqlite" || kind === "postgres")?.options ?? {};
  const every = own["checkpointMs"];
  return {
    key: keyPath === undefined ? undefined : await loadSigningKey(keyPath),
    headsPath: storeHeadsPath(ir, storePath),
    checkpointMs: typeof every === "number" && every > 0 ? every : 60_000,
  };
}

/** Where the heads of a store's checkpoints are exported to: as configured, else beside the store's file, else beside a trail's. */
export function storeHeadsPath(ir: AuditIr, storePath: string | undefined): string | undefined {
  const heads = ir.sinks.find(({ kind }) => kind === "sqlite" || kind === "postgres")?.options["heads"];
  if (heads === false) return undefined;
  if (typeof heads === "string") return heads;
  if (storePath !== undefined) return `${storePath}.heads`;
  const file = ir.sinks.find(({ kind }) => kind === "file")?.path;
  return file === undefined ? undefined : `${file}.store.heads`;
}

/** For stores: signs the checkpoint that says which records retention removes. */
export function createSealPurge({ key }: SealSettings, clock: Clock): SealPurge {
  return (last, positions) => makePurge(last, positions, key, clock.now());
}
