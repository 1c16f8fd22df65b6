import { systemClock } from "../host/clock.ts";
import { systemDigest, systemIds } from "../host/ids.ts";
import { createLog } from "../host/log.ts";
import { openDurable, sealSettings, type DurableStore } from "../store/open-store.ts";
import { writeJson, type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";
import { configFiles, loadPlan } from "./load.ts";

export interface StoreOptions {
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** `store migrate`: brings the schema up to date, as every start does, and says what it was. */
export async function migrateStore(options: StoreOptions, write: Write): Promise<void> {
  await withStore(options, async ({ store }) => {
    const { from, to } = store.migrated;
    if (options.json === true) return writeJson({ from, to }, write);
    write(from === to ? `The schema is up to date (${to}).\n` : `The schema was ${from} and is ${to} now.\n`);
  });
}

/** `store gc`: removes what the retention allows, as every gateway does now and then. */
export async function collectStore(options: StoreOptions, write: Write): Promise<void> {
  await withStore(options, async ({ store }) => {
    const { instances, blobs, definitions, requests, auditRecords } = await store.gc();
    if (options.json === true)
      return writeJson({ instances, blobs, definitions, requests, auditRecords }, write);
    write(
      `Removed ${instances} instances, ${blobs} large outputs, ${definitions} definitions, ${requests} request keys and ${auditRecords} audit records.\n`,
    );
  });
}

/** `store backup FILE`: copies a SQLite store of one moment while gateways use it. */
export async function backUpStore(to: string, options: StoreOptions, write: Write): Promise<void> {
  await withStore(options, async (opened) => {
    if (opened.kind === "postgres") {
      throw new CommandError(
        "store.kind is postgres: back it up with the database's own tools, for example pg_dump --schema=mcp_flowgate.",
      );
    }
    await opened.store.backup(to);
    if (options.json === true) return writeJson({ file: to }, write);
    write(`The store of this moment is in ${to}.\n`);
  });
}

async function withStore(options: StoreOptions, use: (opened: DurableStore) => Promise<void>): Promise<void> {
  const files = configFiles(options.config);
  const plan = await loadPlan(files);
  const log = createLog({ level: "error", format: "text" });
  log.hide(plan.secrets);
  const seals = await sealSettings(plan);
  const base = { plan, clock: systemClock, ids: systemIds, digest: systemDigest, log };
  const parts = seals === undefined ? base : { ...base, seals };
  const opened = await openDurable(parts);
  if (opened === undefined) {
    throw new CommandError(
      `${files.join(", ")} has store.kind: memory, which keeps nothing that this could be done to.`,
    );
  }
  try {
    await use(opened);
  } finally {
    await opened.store.close();
  }
}
